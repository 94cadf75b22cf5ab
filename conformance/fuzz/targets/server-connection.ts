import { createManualClock, noopLogger } from "@parley/core";
import { systemIds } from "@parley/core/internal";
import { PREFACE } from "../../../packages/base/wire/src/http2/frames/frame-types.ts";
import type { Caller } from "../../../packages/base/wire/src/http2/http2.ts";
import { DEFAULT_LIMITS } from "../../../packages/base/wire/src/http2/socket/limits.ts";
import { SocketServerConnection } from "../../../packages/base/wire/src/http2/socket/server-connection.ts";
import { createDeadlineWheel } from "../../../packages/comms/rpc/src/grpc/deadline-wheel.ts";
import { acceptCalls } from "../../../packages/comms/rpc/src/server/accept-calls.ts";
import { createRouter } from "../../../packages/comms/rpc/src/server/router.ts";
import { readCorpus } from "../corpus.ts";
import { fuzzService } from "../fuzz-service.ts";
import type { FuzzTarget } from "../fuzz-target.ts";
import { MemorySocket } from "../memory-socket.ts";
import { mutateConversation } from "../mutate-frames.ts";
import { assertFrames, LINGER_OVER_MS, playPeer } from "../play-peer.ts";
import { untilTrue } from "../turns.ts";

const router = createRouter({ services: [fuzzService], interceptors: [], validate: true });
const ids = systemIds;
const LIMITS = { ...DEFAULT_LIMITS, maxConcurrentStreams: 100, maxHeaderListBytes: 16_384 };
const MAX_MESSAGE_BYTES = 64 * 1024;

/** A whole gRPC server on one connection: octets in, calls handled, octets out, nothing left behind. */
export const serverConnection: FuzzTarget = {
  name: "server-connection",
  input(dice) {
    const conversations = readCorpus("client");
    const frames = mutateConversation(
      conversations.map((bytes) => bytes.subarray(PREFACE.length)),
      dice,
    );
    return dice.oneIn(50) ? frames : Buffer.concat([PREFACE, frames]);
  },
  async run(input, dice) {
    const clock = createManualClock();
    const wheel = createDeadlineWheel(clock);
    const socket = new MemorySocket();
    const callers = new Set<Caller>();
    let isClosed = false;
    const accept = acceptCalls({
      router,
      ids,
      clock,
      wheel,
      logger: noopLogger,
      timeoutMs: 30_000,
      maxReceiveBytes: MAX_MESSAGE_BYTES,
      maxDecompressedBytes: MAX_MESSAGE_BYTES,
      maxRunningCalls: LIMITS.maxConcurrentStreams,
      compression: "gzip",
    });
    new SocketServerConnection({
      socket: socket.asSocket,
      limits: LIMITS,
      clock,
      accept(stream, headers, caller) {
        callers.add(caller);
        return accept(stream, headers, caller);
      },
      onClose: () => {
        isClosed = true;
      },
    });
    await playPeer(socket, input, dice, clock);
    await untilTrue("the end of the connection", () => isClosed);
    await untilTrue("the end of every method", () => [...callers].every(({ running }) => running === 0));
    wheel.close();
    clock.advance(LINGER_OVER_MS);
    await untilTrue("the end of the socket", () => socket.destroyed);
    await untilTrue("the end of every timer", () => clock.pending() === 0);
    assertFrames(socket.sent);
  },
};

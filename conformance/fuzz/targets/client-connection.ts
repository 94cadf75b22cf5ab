import { type CallHandler, createManualClock, isParleyError, noopLogger, type ParleyError } from "@parley/core";
import { SocketClientConnection } from "../../../packages/base/wire/src/http2/socket/client-connection.ts";
import { DEFAULT_LIMITS } from "../../../packages/base/wire/src/http2/socket/limits.ts";
import { GrpcConnection } from "../../../packages/comms/rpc/src/connection/grpc-connection.ts";
import { beginConversation } from "../conversation.ts";
import { readCorpus } from "../corpus.ts";
import type { FuzzTarget } from "../fuzz-target.ts";
import { MemorySocket } from "../memory-socket.ts";
import { mutateConversation } from "../mutate-frames.ts";
import { assertFrames, LINGER_OVER_MS, playPeer } from "../play-peer.ts";
import { turn, untilTrue } from "../turns.ts";

/** A gRPC client on one connection, with calls in flight, whose server sends anything: every call ends, once. */
export const clientConnection: FuzzTarget = {
  name: "client-connection",
  input: (dice) => mutateConversation(readCorpus("server"), dice),
  async run(input, dice) {
    const clock = createManualClock();
    const socket = new MemorySocket();
    const connection = new GrpcConnection(
      {
        address: { host: "fuzz", port: 1 },
        dialTimeoutMs: 5_000,
        keepalive: { intervalMs: 20_000, timeoutMs: 10_000 },
        maxReceiveBytes: 64 * 1024,
        compression: "gzip",
        onCapacity: () => {},
        clock,
        logger: noopLogger,
      },
      "fuzz:1",
    );
    connection.start(
      new SocketClientConnection({ socket: socket.asSocket, limits: DEFAULT_LIMITS, clock }, connection),
    );
    const call: CallHandler = (request) =>
      new Promise((resolve, reject) => connection.carry(request, { resolve, reject }));
    const channel = { call, target: "fuzz", clock, close: () => connection.close({ graceMs: 0 }) };
    const calls = beginConversation(channel);
    let pending = calls.length;
    const strange: unknown[] = [];
    for (const call of calls) {
      call
        .catch((error: ParleyError) => {
          if (!isParleyError(error)) strange.push(error);
        })
        .finally(() => {
          pending -= 1;
        });
    }
    await turn(); // the requests are on their way
    await playPeer(socket, input, dice, clock);
    await untilTrue("the end of every call", () => pending === 0);
    await untilTrue("the count of calls in flight is 0 again", () => connection.load.active === 0);
    void connection.close({ graceMs: 0 });
    clock.advance(LINGER_OVER_MS);
    await untilTrue("the end of the socket", () => socket.destroyed);
    await untilTrue("the end of every timer", () => clock.pending() === 0);
    assertFrames(socket.sent);
    if (strange.length > 0) throw strange[0];
  },
};

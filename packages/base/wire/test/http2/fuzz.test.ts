import type { Random } from "@parley/core";
import { createSeededRandom } from "@parley/core/internal";
import { afterEach, describe, expect, test } from "vitest";
import { FrameParser } from "../../src/http2/frames/frame-parser.ts";
import { FLAG, FRAME, SETTING } from "../../src/http2/frames/frame-types.ts";
import { ConnectionError } from "../../src/http2/frames/http2-error.ts";
import { CompressionError } from "../../src/http2/hpack/compression-error.ts";
import { nameOfCode } from "../../src/http2/http2.ts";
import {
  data,
  frame,
  RawPeer,
  REQUEST,
  rawServer,
  reset,
  SETTINGS_ACK,
  settings,
  uint32,
  windowUpdate,
} from "../../src/testing/raw-peer.ts";
import { dial, exchange, socketServer } from "../../src/testing/socket-server.ts";

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

const below = (random: Random, limit: number): number => Math.floor(random.next() * limit);
const octets = (random: Random, length: number): Buffer =>
  Buffer.from(Array.from({ length }, () => below(random, 256)));

/** Mostly nearly right, since what is plainly wrong ends at the first check. */
function randomFrame(random: Random, peer: RawPeer): Buffer {
  const streamId = 1 + 2 * below(random, 40);
  switch (below(random, 12)) {
    case 0:
    case 1:
    case 2:
      return peer.headers(streamId, REQUEST, below(random, 2) === 0);
    case 3:
      return data(streamId, octets(random, below(random, 300)), below(random, 3) === 0);
    case 4:
      return reset(streamId, below(random, 14));
    case 5:
      return settings([below(random, 7), below(random, 100_000)]);
    case 6:
      return windowUpdate(below(random, 2) * streamId, 1 + below(random, 70_000));
    case 7:
      return frame(FRAME.PING, below(random, 2), 0, octets(random, 8));
    case 8:
      return frame(FRAME.PRIORITY, 0, streamId, octets(random, 5));
    case 9: {
      // A block in pieces.
      const block = peer.block(REQUEST);
      const cut = below(random, block.length);
      return Buffer.concat([
        frame(FRAME.HEADERS, FLAG.END_STREAM, streamId, block.subarray(0, cut)),
        frame(FRAME.CONTINUATION, FLAG.END_HEADERS, streamId, block.subarray(cut)),
      ]);
    }
    case 10:
      return data(streamId, Buffer.concat([Buffer.from([3]), octets(random, 20)])).fill(FLAG.PADDED, 4, 5);
    default:
      return below(random, 4) > 0
        ? Buffer.alloc(0)
        : frame(below(random, 12), below(random, 64), below(random, 3) * streamId, octets(random, below(random, 40)));
  }
}

/** Sends the octets in pieces that have nothing to do with frames. */
async function sendInPieces(peer: RawPeer, bytes: Buffer, random: Random, largest: number): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const end = at + 1 + below(random, largest);
    peer.send(bytes.subarray(at, end));
    at = end;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Cases that once were wrong, or easily could be. */
const CORPUS: readonly (readonly [name: string, octets: string, code: string])[] = [
  ["DATA on stream 0", "000000 00 01 00000000", "PROTOCOL_ERROR"],
  ["HEADERS on an even stream", "000001 01 05 00000002 82", "PROTOCOL_ERROR"],
  ["padding as long as its frame", "000005 01 0d 00000001 05 82 84 86 41", "PROTOCOL_ERROR"],
  ["HEADERS whose priority is cut off", "000004 01 25 00000001 00000000", "FRAME_SIZE_ERROR"],
  ["HEADERS of an index that no entry has", "000001 01 05 00000001 be", "COMPRESSION_ERROR"],
  ["PUSH_PROMISE from a client", "000004 05 04 00000001 00000002", "PROTOCOL_ERROR"],
  ["SETTINGS with a payload beside ACK", "000006 04 01 00000000 000300000001", "FRAME_SIZE_ERROR"],
  ["SETTINGS on a stream", "000000 04 00 00000001", "PROTOCOL_ERROR"],
  ["a window of 2^31", "000006 04 00 00000000 000480000000", "FLOW_CONTROL_ERROR"],
  ["PING of seven octets", "000007 06 00 00000000 00000000000000", "FRAME_SIZE_ERROR"],
  ["GOAWAY of seven octets", "000007 07 00 00000000 00000000000000", "FRAME_SIZE_ERROR"],
  ["WINDOW_UPDATE by 0", "000004 08 00 00000000 00000000", "PROTOCOL_ERROR"],
  ["WINDOW_UPDATE on an idle stream", "000004 08 00 00000005 00000001", "PROTOCOL_ERROR"],
  ["RST_STREAM on an idle stream", "000004 03 00 00000005 00000008", "PROTOCOL_ERROR"],
  ["CONTINUATION without HEADERS", "000001 09 04 00000001 82", "PROTOCOL_ERROR"],
  ["a frame of 16 MiB", "ffffff 00 00 00000001", "FRAME_SIZE_ERROR"],
  [
    "a block that another frame interrupts",
    "000001 01 00 00000001 82 000008 06 00 00000000 0000000000000000",
    "PROTOCOL_ERROR",
  ],
];

describe("a server that is sent", () => {
  test.each(CORPUS)("%s says so", async (_name, hex, code) => {
    const { server, port } = await socketServer();
    ends.push(() => server.destroy());
    const peer = await RawPeer.connect(port);
    peer.send(Buffer.from(hex.replaceAll(" ", ""), "hex"));
    expect(await peer.closed).toMatchObject({ code });
  });

  test.each([1, 2, 3, 4])(
    "requests in pieces of a few octets answers as if they were whole (seed %d)",
    async (seed) => {
      const random = createSeededRandom(seed);
      const { server, port } = await socketServer();
      ends.push(() => server.destroy());
      const peer = await RawPeer.connect(port);
      const bodies = Array.from({ length: 10 }, () => octets(random, below(random, 200)));
      const bytes = bodies.flatMap((body, i) => [peer.headers(2 * i + 1, REQUEST, false), data(2 * i + 1, body, true)]);
      await sendInPieces(peer, Buffer.concat(bytes), random, seed === 1 ? 1 : 40);
      await peer.until(() => peer.of(FRAME.HEADERS).length === 20);
      bodies.forEach((body, i) => {
        expect(Buffer.concat(peer.of(FRAME.DATA, 2 * i + 1).map(({ payload }) => payload))).toEqual(body);
      });
      peer.destroy();
    },
  );

  test.each(Array.from({ length: 30 }, (_, seed) => seed))(
    "random frames ends the connection by the rules, or serves it (seed %d)",
    async (seed) => {
      const random = createSeededRandom(seed);
      const { server, port } = await socketServer();
      ends.push(() => server.destroy());
      const bystander = await dial(port);
      const peer = await RawPeer.connect(port);
      const frames = Array.from({ length: 60 }, () => randomFrame(random, peer));
      await sendInPieces(peer, Buffer.concat(frames), random, 2_000);
      const probe = frame(FRAME.PING, 0, 0, Buffer.from("answer!!"));
      peer.send(probe);
      const answered = peer.until(() => peer.of(FRAME.PING).some(({ payload }) => payload.toString() === "answer!!"));
      const end = await Promise.race([answered, peer.closed]);
      if (end) expect(end.code).not.toBe("INTERNAL_ERROR");
      peer.destroy();
      expect((await exchange(bystander)).text()).toBe("hello");
      bystander.close();
      await server.drain();
    },
  );
});

describe("a client whose server", () => {
  test.each(Array.from({ length: 20 }, (_, seed) => seed))(
    "sends random frames settles every stream (seed %d)",
    async (seed) => {
      const random = createSeededRandom(1_000 + seed);
      const server = await rawServer((peer) => {
        peer.send(settings([SETTING.MAX_CONCURRENT_STREAMS, 100]), SETTINGS_ACK);
        void peer
          .until(() => peer.of(FRAME.HEADERS).length > 4)
          .then(async () => {
            const frames = Array.from({ length: 30 }, () => randomFrame(random, peer));
            await sendInPieces(peer, Buffer.concat(frames), random, 500);
            peer.end();
          });
      });
      ends.push(() => server.close());
      const closed = Promise.withResolvers<string>();
      const connection = await dial(server.port, { onClose: closed.resolve });
      const calls = Array.from({ length: 5 }, () => exchange(connection));
      for (const notes of await Promise.all(calls)) expect(notes.find("reset") ?? notes.find("end")).toBeDefined();
      connection.destroy("done");
      await closed.promise;
    },
  );

  test("answers in single octets is understood", async () => {
    const random = createSeededRandom(7);
    const server = await rawServer((peer) => {
      peer.send(settings(), SETTINGS_ACK);
      void peer
        .until(() => peer.of(FRAME.DATA).length > 0)
        .then(() => {
          const answer = [
            peer.headers(1, [":status", "200"], false),
            data(1, Buffer.from("abc")),
            peer.headers(1, ["x-end", "yes"]),
          ];
          return sendInPieces(peer, Buffer.concat(answer), random, 1);
        });
    });
    ends.push(() => server.close());
    const connection = await dial(server.port);
    const notes = await exchange(connection);
    expect([notes.text(), notes.find("end")]).toEqual(["abc", { end: ["x-end", "yes"] }]);
    connection.destroy("done");
  });
});

test.each([1, 2, 3])("the parser takes any octets, or says which rule they break (seed %d)", (seed) => {
  const random = createSeededRandom(seed);
  const ignore = (): void => {};
  const handler = {
    onData: () => "copied" as const,
    onHeaders: ignore,
    onReset: ignore,
    onSettings: ignore,
    onSettingsAck: ignore,
    onPing: ignore,
    onGoaway: ignore,
    onWindowUpdate: ignore,
    onIdleFrame: ignore,
    onStreamError: ignore,
  };
  for (let round = 0; round < 3_000; round++) {
    const parser = new FrameParser(handler, { maxTableBytes: 4_096, maxHeaderListBytes: 1_000 });
    const body = octets(random, below(random, 30));
    try {
      parser.feed(settings());
      parser.feed(frame(below(random, 11), below(random, 256), below(random, 4), body));
      parser.feed(Buffer.concat([uint32(below(random, 64)), octets(random, 40)]));
    } catch (error) {
      if (!(error instanceof ConnectionError)) expect(error).toBeInstanceOf(CompressionError);
      else expect(nameOfCode(error.code)).not.toBe("INTERNAL_ERROR");
    }
  }
});

import { createSeededRandom } from "@parley/core/internal";
import { afterEach, describe, expect, test } from "vitest";
import { FLAG, FRAME, SETTING } from "../../src/http2/frames/frame-types.ts";
import type { ServerStream } from "../../src/http2/http2.ts";
import { Notes } from "../../src/testing/notes.ts";
import { data, RawPeer, REQUEST, rawServer, settings, windowUpdate } from "../../src/testing/raw-peer.ts";
import { dial, socketServer } from "../../src/testing/socket-server.ts";

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

/** A server whose every answer has this many octets. */
async function serveBytes(bytes: (path: string) => number) {
  const started = await socketServer((stream, headers) => {
    stream.respond([":status", "200"]);
    stream.write(Buffer.alloc(bytes(headers[headers.indexOf(":path") + 1] ?? ""), 7));
    stream.end(["x-end", "yes"]);
    return { onData: () => "copied" as const, onEnd() {}, onReset() {}, onDrain() {} };
  });
  ends.push(() => started.server.destroy());
  return started.port;
}

const dataBytes = (peer: RawPeer, streamId?: number): number =>
  peer.of(FRAME.DATA, streamId).reduce((sum, { payload }) => sum + payload.length, 0);
const ended = (peer: RawPeer, streamId: number): boolean =>
  peer.frames.some(
    (one) => one.streamId === streamId && one.type <= FRAME.HEADERS && (one.flags & FLAG.END_STREAM) !== 0,
  );

describe("what we send keeps to the windows", () => {
  test("of one octet", async () => {
    const peer = await RawPeer.connect(await serveBytes(() => 20), settings([SETTING.INITIAL_WINDOW_SIZE, 1]));
    peer.send(peer.headers(1));
    for (let sent = 1; sent <= 20; sent++) {
      await peer.until(() => dataBytes(peer) === sent);
      if (sent < 20) peer.send(windowUpdate(1, 1));
    }
    await peer.until(() => ended(peer, 1)); // the trailers need no window
    expect(peer.of(FRAME.DATA).every(({ payload }) => payload.length === 1)).toBe(true);
    peer.destroy();
  });

  test("that have become negative", async () => {
    const peer = await RawPeer.connect(await serveBytes(() => 30_000), settings([SETTING.INITIAL_WINDOW_SIZE, 10_000]));
    peer.send(peer.headers(1));
    await peer.until(() => dataBytes(peer) === 10_000);
    peer.send(settings([SETTING.INITIAL_WINDOW_SIZE, 4_000]), windowUpdate(1, 6_000), windowUpdate(1, 500));
    await peer.until(() => dataBytes(peer) > 10_000);
    expect(dataBytes(peer)).toBe(10_500);
    peer.send(settings([SETTING.INITIAL_WINDOW_SIZE, 100_000]));
    await peer.until(() => ended(peer, 1));
    expect(dataBytes(peer)).toBe(30_000);
    peer.destroy();
  });

  test("and tells the writer once when an end that waited has gone out", async () => {
    const ending: string[] = [];
    let drains = 0;
    const { server, port } = await socketServer((stream) => {
      stream.respond([":status", "200"]);
      stream.write(Buffer.alloc(30));
      ending.push(stream.end(["x-end", "yes"]));
      return { onData: () => "copied" as const, onEnd() {}, onReset() {}, onDrain: () => void drains++ };
    });
    ends.push(() => server.destroy());
    const peer = await RawPeer.connect(port, settings([SETTING.INITIAL_WINDOW_SIZE, 10]));
    peer.send(peer.headers(1));
    await peer.until(() => dataBytes(peer) === 10);
    peer.send(windowUpdate(1, 10));
    await peer.until(() => dataBytes(peer) === 20);
    expect([ending, drains]).toEqual([["waits"], 0]);
    peer.send(windowUpdate(1, 10));
    await peer.until(() => ended(peer, 1));
    expect(drains).toBe(1);
    peer.destroy();
  });

  test("of the connection, which many streams share in turns", async () => {
    const peer = await RawPeer.connect(
      await serveBytes(() => 100_000),
      settings([SETTING.INITIAL_WINDOW_SIZE, 1_000_000]),
    );
    peer.send(...Array.from({ length: 10 }, (_, i) => peer.headers(2 * i + 1)));
    await peer.until(() => dataBytes(peer) === 65_535);
    peer.send(windowUpdate(0, 10 * 16_384));
    await peer.until(() => dataBytes(peer) === 65_535 + 10 * 16_384);
    for (let i = 0; i < 10; i++) expect(dataBytes(peer, 2 * i + 1)).toBeGreaterThanOrEqual(16_384);
    peer.send(windowUpdate(0, 1_000_000));
    await peer.until(() => Array.from({ length: 10 }, (_, i) => 2 * i + 1).every((id) => ended(peer, id)));
    expect(dataBytes(peer)).toBe(1_000_000);
    peer.destroy();
  });

  test("and a small answer overtakes a large one", async () => {
    const port = await serveBytes((path) => (path === "/large" ? 20_000_000 : 10));
    const window = settings([SETTING.INITIAL_WINDOW_SIZE, 2 ** 31 - 1]);
    const peer = await RawPeer.connect(port, window, windowUpdate(0, 2 ** 30));
    peer.send(peer.headers(1, [":method", "POST", ":scheme", "http", ":path", "/large"]), peer.headers(3));
    await peer.until(() => ended(peer, 3));
    expect(ended(peer, 1)).toBe(false);
    await peer.until(() => ended(peer, 1));
    expect(dataBytes(peer, 1)).toBe(20_000_000);
    peer.destroy();
  });

  test.each([
    ["a stream's", windowUpdate(1, 2 ** 31 - 1), "reset"],
    ["the connection's", windowUpdate(0, 2 ** 31 - 1), "closed"],
    ["every stream's", settings([SETTING.INITIAL_WINDOW_SIZE, 2 ** 31 - 1]), "closed"],
  ] as const)("and %s window over 2^31-1 is refused", async (_whose, overflow, outcome) => {
    const started = await socketServer(() => ({
      onData: () => "copied" as const,
      onEnd() {},
      onReset() {},
      onDrain() {},
    }));
    ends.push(() => started.server.destroy());
    const peer = await RawPeer.connect(started.port);
    peer.send(peer.headers(1), windowUpdate(1, 1), overflow);
    if (outcome === "closed") return expect(await peer.closed).toMatchObject({ code: "FLOW_CONTROL_ERROR" });
    await peer.until(() => peer.of(FRAME.RST_STREAM, 1).length > 0);
    expect(peer.of(FRAME.RST_STREAM, 1)[0]?.payload.readUInt32BE()).toBe(3);
    return peer.destroy();
  });
});

test("a client's request keeps to the windows of its server, and its writer is told when to go on", async () => {
  const peers: RawPeer[] = [];
  const server = await rawServer((peer) => {
    peers.push(peer);
    peer.send(settings([SETTING.INITIAL_WINDOW_SIZE, 10]));
  });
  ends.push(() => server.close());
  const connection = await dial(server.port);
  const [peer] = peers as [RawPeer];
  const notes = new Notes();
  const stream = connection.open(REQUEST, [], notes);
  expect(stream.write(Buffer.alloc(25))).toBe("wait");
  await peer.until(() => dataBytes(peer) === 10);
  expect(notes.find("drain")).toBeUndefined();
  peer.send(windowUpdate(1, 15));
  await notes.until(() => notes.find("drain"));
  expect(dataBytes(peer)).toBeLessThanOrEqual(25);
  stream.end();
  await peer.until(() => ended(peer, 1));
  connection.destroy("done");
});

describe("what we take keeps to ours", () => {
  test("a stream that is sent more than its window is reset", async () => {
    const streams: ServerStream[] = [];
    const started = await socketServer((stream) => {
      streams.push(stream);
      stream.read("hold");
      return { onData: () => "copied" as const, onEnd() {}, onReset() {}, onDrain() {} };
    });
    ends.push(() => started.server.destroy());
    const peer = await RawPeer.connect(started.port);
    peer.send(peer.headers(1, REQUEST, false));
    peer.send(...Array.from({ length: 17 }, () => data(1, Buffer.alloc(16_384))));
    await peer.until(() => peer.of(FRAME.RST_STREAM, 1).length > 0);
    expect(peer.of(FRAME.RST_STREAM, 1)[0]?.payload.readUInt32BE()).toBe(3);
    expect(peer.of(FRAME.WINDOW_UPDATE, 1)).toEqual([]);
    peer.destroy();
  });

  test.each([1, 2, 3])("bodies of any size come whole, whatever the windows (seed %d)", async (seed) => {
    const random = createSeededRandom(seed);
    const started = await socketServer();
    ends.push(() => started.server.destroy());
    const initial = 1 + Math.floor(random.next() * 5_000);
    const peer = await RawPeer.connect(started.port, settings([SETTING.INITIAL_WINDOW_SIZE, initial]));
    const sizes = Array.from({ length: 20 }, () => Math.floor(random.next() * 15_000));
    sizes.forEach((size, i) => {
      peer.send(peer.headers(2 * i + 1, REQUEST, false), data(2 * i + 1, Buffer.alloc(size, i), true));
    });
    let seen = 0;
    const all = (): boolean => sizes.every((_, i) => ended(peer, 2 * i + 1));
    while (!all()) {
      await peer.until(() => peer.frames.length > seen || all());
      for (const { type, streamId, payload } of peer.frames.slice(seen)) {
        if (type === FRAME.DATA && payload.length > 0)
          peer.send(windowUpdate(0, payload.length), windowUpdate(streamId, payload.length));
      }
      seen = peer.frames.length;
    }
    sizes.forEach((size, i) => {
      expect(Buffer.concat(peer.of(FRAME.DATA, 2 * i + 1).map(({ payload }) => payload))).toEqual(
        Buffer.alloc(size, i),
      );
    });
    peer.destroy();
  });
});

import { afterEach, describe, expect, test, vi } from "vitest";
import { FLAG, FRAME, SETTING } from "../../src/http2/frames/frame-types.ts";
import type { ServerStream } from "../../src/http2/http2.ts";
import { SocketStream } from "../../src/http2/socket/socket-stream.ts";
import { data, frame, RawPeer, REQUEST, reset, settings, uint32, windowUpdate } from "../../src/testing/raw-peer.ts";
import { dial, echoBytes, exchange, socketServer } from "../../src/testing/socket-server.ts";

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

async function serve(...options: Parameters<typeof socketServer>) {
  const started = await socketServer(...options);
  ends.push(() => started.server.destroy());
  return started;
}

test("many calls in one chunk, answered at once: other connections are read between them", async () => {
  const CALLS = 20_000;
  const spent = { answers: 0, inTurn: 0, most: 0 };
  const { port } = await serve(
    (stream) => {
      const untilMs = performance.now() + 0.02; // the work of a small handler
      while (performance.now() < untilMs);
      spent.answers += 1;
      spent.inTurn += 1;
      stream.respondOnly([":status", "200"]);
      return { onData: () => "copied", onEnd() {}, onReset() {}, onDrain() {} };
    },
    { maxConcurrentStreams: CALLS },
  );
  const countTurn = (): void => {
    spent.most = Math.max(spent.most, spent.inTurn);
    spent.inTurn = 0;
    if (spent.answers < CALLS) setImmediate(countTurn);
  };
  countTurn();
  const peer = await RawPeer.connect(port);
  ends.push(() => peer.destroy());
  peer.send(repeat(CALLS, (i) => peer.headers(2 * i + 1)));
  await peer.until(() => spent.answers === CALLS);
  // A chunk is 64 KiB, and is taken as a whole.
  const perChunk = 65_536 / peer.headers(2 * CALLS + 1).length;
  expect(spent.most).toBeLessThan(1.5 * perChunk);
});

const repeat = (times: number, make: (index: number) => Buffer): Buffer =>
  Buffer.concat(Array.from({ length: times }, (_, index) => make(index)));

/** A thousand frames that bring nothing forward; the servers here take 500 at once. */
const FLOODS: readonly (readonly [name: string, code: string, flood: (peer: RawPeer) => Buffer])[] = [
  [
    "rapid reset",
    "ENHANCE_YOUR_CALM",
    (peer) => repeat(1_000, (i) => Buffer.concat([peer.headers(2 * i + 1, REQUEST, false), reset(2 * i + 1)])),
  ],
  [
    "faults that make us reset (CVE-2025-8671)",
    "ENHANCE_YOUR_CALM",
    (peer) =>
      repeat(1_000, (i) => Buffer.concat([peer.headers(2 * i + 1, REQUEST, false), windowUpdate(2 * i + 1, 0)])),
  ],
  ["SETTINGS", "ENHANCE_YOUR_CALM", () => repeat(1_000, () => settings())],
  ["acknowledgements of SETTINGS", "ENHANCE_YOUR_CALM", () => repeat(1_000, () => frame(FRAME.SETTINGS, FLAG.ACK, 0))],
  ["PING", "ENHANCE_YOUR_CALM", () => repeat(1_000, () => frame(FRAME.PING, 0, 0, Buffer.alloc(8)))],
  [
    "answers to no PING",
    "ENHANCE_YOUR_CALM",
    () => repeat(1_000, () => frame(FRAME.PING, FLAG.ACK, 0, Buffer.alloc(8))),
  ],
  ["PRIORITY", "ENHANCE_YOUR_CALM", () => repeat(1_000, (i) => frame(FRAME.PRIORITY, 0, 2 * i + 1, Buffer.alloc(5)))],
  [
    "empty DATA",
    "ENHANCE_YOUR_CALM",
    (peer) => Buffer.concat([peer.headers(1, REQUEST, false), repeat(1_000, () => data(1, Buffer.alloc(0)))]),
  ],
  ["unknown frames", "ENHANCE_YOUR_CALM", () => repeat(1_000, () => frame(77, 0, 0))],
  ["GOAWAY", "ENHANCE_YOUR_CALM", () => repeat(1_000, () => frame(FRAME.GOAWAY, 0, 0, uint32(0, 0)))],
  [
    "CONTINUATION, empty",
    "ENHANCE_YOUR_CALM",
    () => Buffer.concat([frame(FRAME.HEADERS, 0, 1), repeat(1_000, () => frame(FRAME.CONTINUATION, 0, 1))]),
  ],
  [
    "CONTINUATION, full",
    "ENHANCE_YOUR_CALM",
    () =>
      Buffer.concat([
        frame(FRAME.HEADERS, 0, 1),
        repeat(10, () => frame(FRAME.CONTINUATION, 0, 1, Buffer.alloc(16_000))),
      ]),
  ],
  [
    "header lists over the limit",
    "ENHANCE_YOUR_CALM",
    (peer) =>
      repeat(600, (i) =>
        peer.headers(2 * i + 1, [
          "a",
          "x".repeat(4_000),
          ...Array(10)
            .fill(["a", "x".repeat(4_000)])
            .flat(),
        ]),
      ),
  ],
  ["a window over 2^31-1", "FLOW_CONTROL_ERROR", () => windowUpdate(0, 2 ** 31 - 1)],
];

describe("a flood ends its connection and no other", () => {
  test.each(FLOODS)("%s", async (_name, code, flood) => {
    const { port } = await serve();
    const bystander = await dial(port);
    const attacker = await RawPeer.connect(port);
    attacker.send(flood(attacker));
    expect(await attacker.closed).toMatchObject({ code });
    expect((await exchange(bystander)).text()).toBe("hello");
    bystander.close();
  });
});

test("an HPACK bomb costs its stream, not memory: a small block that names a large entry 60,000 times", async () => {
  const { port } = await serve();
  const peer = await RawPeer.connect(port);
  peer.send(peer.headers(1, [...REQUEST, "bomb", "x".repeat(3_900)]));
  await peer.until(() => peer.of(FRAME.HEADERS, 1).length > 0);
  const before = process.memoryUsage().heapUsed;
  for (let i = 0; i < 50; i++) {
    const block = Buffer.alloc(16_000, 0xbe);
    peer.send(
      frame(FRAME.HEADERS, FLAG.END_STREAM, 3 + 2 * i, block),
      frame(FRAME.CONTINUATION, 0, 3 + 2 * i, block),
      frame(FRAME.CONTINUATION, FLAG.END_HEADERS, 3 + 2 * i, block),
    );
  }
  await peer.until(() => peer.of(FRAME.RST_STREAM).length === 50);
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(64 * 1_024 * 1_024);
  peer.send(peer.headers(201));
  await peer.until(() => peer.of(FRAME.HEADERS, 201).length > 0);
  peer.destroy();
});

test("two thousand legitimate cancels, and an answer to the next request", async () => {
  const { port } = await serve(undefined, { streamResets: { burst: 10_000, perSecond: 1_000 } });
  const connection = await dial(port);
  for (let i = 0; i < 2_000; i++) connection.open(REQUEST, [], await silent()).reset(8);
  expect((await exchange(connection)).text()).toBe("hello");
  connection.destroy("done");
});

test("windows granted for long answers that have ended meanwhile are no flood; more of them are", async () => {
  const answer = Buffer.alloc(40_000); // three frames
  const { port } = await serve((stream) => ({
    onData: () => "copied" as const,
    onEnd() {
      stream.respond([":status", "200"]);
      stream.write(answer);
      stream.end([]);
    },
    onReset() {},
    onDrain() {},
  }));
  const peer = await RawPeer.connect(port);
  peer.send(settings([SETTING.INITIAL_WINDOW_SIZE, 65_535]), windowUpdate(0, 2 ** 30));
  const calls = 400;
  for (let call = 0; call < calls; call++) {
    const id = 2 * call + 1;
    peer.send(peer.headers(id));
    await peer.until(() =>
      peer.frames.some(({ streamId, flags }) => streamId === id && (flags & FLAG.END_STREAM) !== 0),
    );
    peer.send(windowUpdate(id, 20_000), windowUpdate(id, 20_000));
  }
  expect(peer.of(FRAME.GOAWAY)).toEqual([]);
  peer.send(repeat(calls + 1_000, () => windowUpdate(1, 1)));
  await peer.until(() => peer.of(FRAME.GOAWAY).length > 0);
  peer.destroy();
});

test("answers to more cancelled streams than are remembered do not end the connection", async () => {
  const held: ServerStream[] = [];
  const { port } = await serve(
    (stream, ...rest) => {
      held.push(stream);
      if (held.length > 3_000) return echoBytes(stream, ...rest);
      // Answered at once, before the reset that is on its way.
      stream.respond([":status", "200"]);
      return { onData: () => "copied" as const, onEnd() {}, onReset() {}, onDrain() {} };
    },
    { maxConcurrentStreams: 5_000, streamResets: { burst: 10_000, perSecond: 1_000 } },
  );
  const connection = await dial(port);
  const sink = await silent();
  const streams = Array.from({ length: 3_000 }, () => connection.open(REQUEST, [], sink));
  // The requests leave in this turn, and the resets only after it, so that answers cross them.
  await new Promise<void>((resolve) => setImmediate(() => setImmediate(resolve)));
  for (const stream of streams) stream.reset(8);
  expect((await exchange(connection)).text()).toBe("hello");
  connection.destroy("done");
});

test("the messages of cancelled streams that were on their way are no flood", async () => {
  let served = 0;
  const { port } = await serve(
    (stream, ...rest) => {
      served += 1;
      if (served > 200) return echoBytes(stream, ...rest);
      stream.respond([":status", "200"]);
      for (let message = 0; message < 300; message++) stream.write(Buffer.from("message"));
      return { onData: () => "copied" as const, onEnd() {}, onReset() {}, onDrain() {} };
    },
    { maxConcurrentStreams: 1_000, streamResets: { burst: 10_000, perSecond: 1_000 } },
  );
  const connection = await dial(port);
  const sink = await silent();
  const streams = Array.from({ length: 200 }, () => connection.open(REQUEST, [], sink));
  // The requests leave in this turn, and the resets only after it, so that 60,000 frames cross them.
  await new Promise<void>((resolve) => setImmediate(() => setImmediate(resolve)));
  for (const stream of streams) stream.reset(8);
  expect((await exchange(connection)).text()).toBe("hello");
  connection.destroy("done");
});

test("a peer that asks and never reads the answers is cut off", async () => {
  const { port } = await serve(undefined, { streamResets: { burst: 1e9, perSecond: 1 } });
  const peer = await RawPeer.connect(port);
  peer.pause();
  const pings = repeat(50_000, () => frame(FRAME.PING, 0, 0, Buffer.alloc(8)));
  let cut = false;
  void peer.closed.then(() => {
    cut = true;
  });
  for (let i = 0; i < 100 && !cut; i++) {
    peer.send(pings);
    await new Promise((resolve) => setImmediate(resolve));
  }
  peer.resume(); // only to see the end that the server has put to it
  await peer.closed;
});

test("a peer that changes its window a thousand times in a frame costs what one change costs", async () => {
  const changes = vi.spyOn(SocketStream.prototype, "changeSendWindow");
  ends.push(() => changes.mockRestore());
  const { port } = await serve(() => ({ onData: () => "copied" as const, onEnd() {}, onReset() {}, onDrain() {} }));
  const peer = await RawPeer.connect(port);
  peer.send(repeat(100, (i) => peer.headers(2 * i + 1)));
  const changesOf = (frame: number) =>
    Array.from({ length: 2_700 }, (_, i) => [SETTING.INITIAL_WINDOW_SIZE, frame + i] as const);
  peer.send(repeat(4, (frame) => settings(...changesOf(frame))));
  await peer.until(
    () => peer.frames.filter(({ type, flags }) => type === FRAME.SETTINGS && flags === FLAG.ACK).length > 4,
  );
  expect(changes).toHaveBeenCalledTimes(4 * 100); // once a frame for each stream that is open
  peer.destroy();
});

async function silent() {
  return { onHeaders() {}, onData: () => "copied" as const, onEnd() {}, onReset() {}, onDrain() {} };
}

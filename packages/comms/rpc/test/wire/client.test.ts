import { gzipSync } from "node:zlib";
import { createManualClock } from "@parley/core";
import { deriveContext } from "@parley/core/internal";
import { answer, fakeServer, GRPC_HEADERS, prefixOf, resetStream } from "@parley/wire/testing";
import { afterEach, describe, expect, test } from "vitest";
import type { ConnectOptions } from "../../src/connection/connection.ts";
import { metadataOf } from "../../src/grpc/error-metadata.ts";
import { collect, connect, failureOf, streaming, unary } from "../support/connection.ts";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** A connection to a fake server. */
async function against(
  onStream: Parameters<typeof fakeServer>[0],
  options: Partial<ConnectOptions> = {},
  settings?: Parameters<typeof fakeServer>[1],
) {
  const server = await fakeServer(onStream, settings);
  const connection = await connect(server.port, options);
  closing.push(
    () => server.close(),
    () => connection.close({ graceMs: 0 }),
  );
  return { connection, server };
}

describe("answers that are no proper gRPC", () => {
  const cases: [name: string, serve: Parameters<typeof fakeServer>[0], expected: object][] = [
    [
      "an HTTP status of a proxy",
      (stream) => stream.respond({ ":status": 503 }, { endStream: true }),
      { code: "UNAVAILABLE" },
    ],
    ["an unknown path", (stream) => stream.respond({ ":status": 404 }, { endStream: true }), { code: "UNIMPLEMENTED" }],
    [
      "another content type",
      (stream) => {
        stream.respond({ ":status": 200, "content-type": "text/html" });
        stream.end("<html>");
      },
      { code: "UNKNOWN", message: expect.stringContaining("text/html") },
    ],
    [
      "no grpc-status",
      (stream) => {
        stream.respond(GRPC_HEADERS);
        stream.end(Buffer.alloc(5));
      },
      { code: "UNKNOWN" },
    ],
    [
      "a grpc-status before a body that has none behind it",
      (stream) => {
        stream.respond({ ...GRPC_HEADERS, "grpc-status": "9" });
        stream.end(Buffer.alloc(5));
      },
      { code: "UNKNOWN" },
    ],
    ["no message", (stream) => answer(stream, Buffer.alloc(0)), { code: "UNIMPLEMENTED" }],
    ["two messages", (stream) => answer(stream, Buffer.alloc(10)), { code: "UNIMPLEMENTED" }],
    ["a message cut short", (stream) => answer(stream, prefixOf(9)), { code: "INTERNAL" }],
    ["bytes that are no message", (stream) => answer(stream, Buffer.from([0, 0, 0, 0, 1, 0x0a])), { code: "INTERNAL" }],
    ["a flag that does not exist", (stream) => answer(stream, Buffer.from([2, 0, 0, 0, 0])), { code: "INTERNAL" }],
    [
      "a compressed message that no header announced",
      (stream) => answer(stream, Buffer.from([1, 0, 0, 0, 0])),
      { code: "INTERNAL" },
    ],
    [
      "an encoding that was not offered",
      (stream) => stream.respond({ ...GRPC_HEADERS, "grpc-encoding": "br" }),
      { code: "INTERNAL", message: expect.stringContaining("br") },
    ],
    ["a status that is no number", (stream) => answer(stream, Buffer.alloc(5), "yes"), { code: "UNKNOWN" }],
    ["a code of the future", (stream) => answer(stream, Buffer.alloc(5), "99"), { code: "UNKNOWN" }],
  ];
  test.each(cases)("%s", async (_name, serve, expected) => {
    const { connection } = await against(serve);
    expect(await failureOf(unary(connection))).toMatchObject({ ...expected, progress: "unknown" });
  });
});

describe("streams that break off (fault 5)", () => {
  const body = Buffer.concat([prefixOf(7), Buffer.from([0x0a, 5, ...Buffer.from("whole")])]);
  test.each([
    ["before the headers", () => {}],
    ["after the headers", (stream) => stream.respond(GRPC_HEADERS)],
    ["within the message", (stream) => [stream.respond(GRPC_HEADERS), stream.write(body.subarray(0, 6))]],
    ["after the message", (stream) => [stream.respond(GRPC_HEADERS), stream.write(body)]],
  ] satisfies [string, (stream: import("node:http2").ServerHttp2Stream) => unknown][])(
    "a reset %s is an error, whatever came before",
    async (_name, before) => {
      const { connection } = await against((stream) => {
        before(stream);
        setImmediate(() => resetStream(stream, 2));
      });
      const error = await failureOf(unary(connection));
      expect(error).toMatchObject({ code: "INTERNAL", progress: "unknown" });
      expect(error.message).toContain("INTERNAL_ERROR");
    },
  );

  test("REFUSED_STREAM says that the call may be repeated, whatever it does", async () => {
    const { connection } = await against((stream) => stream.close(7));
    expect(await failureOf(unary(connection))).toMatchObject({ code: "UNAVAILABLE", progress: "refused" });
  });

  test("a lost connection is UNAVAILABLE, and says of no call that it was refused", async () => {
    const { connection } = await against((_stream, session) => session.destroy());
    const error = await failureOf(unary(connection));
    expect(error).toMatchObject({ code: "UNAVAILABLE", progress: "unknown" });
    await connection.closed;
  });

  test("an error after half a stream comes after the messages before it", async () => {
    const { connection } = await against((stream) => {
      stream.respond(GRPC_HEADERS);
      stream.write(body, () => resetStream(stream, 2));
    });
    const { messages } = await streaming(connection, "expand", [{}]);
    const iterator = messages[Symbol.asyncIterator]();
    expect((await iterator.next()).value).toMatchObject({ text: "whole" });
    expect(await failureOf(iterator.next())).toMatchObject({ code: "INTERNAL" });
    expect((await iterator.next()).done).toBe(true);
  });
});

describe("GOAWAY (fault 2)", () => {
  test("a call that was accepted completes, though the keepalive interval passes meanwhile", async () => {
    const { connection } = await against(
      (stream, session) => {
        session.goaway(0);
        setTimeout(() => answer(stream), 150);
      },
      { keepalive: { intervalMs: 20, timeoutMs: 20 } },
    );
    expect((await unary(connection)).message.text).toBe("");
    expect(await connection.closed).toEqual({ reason: "the server is going away" });
  });

  test("on an idle connection it ends it, and the next call is refused, not failed", async () => {
    const { connection, server } = await against((stream) => answer(stream));
    await unary(connection);
    for (const session of server.sessions) session.goaway(0);
    await connection.closed;
    expect(await failureOf(unary(connection))).toMatchObject({ code: "UNAVAILABLE", progress: "refused" });
  });

  test("a call above the last stream id was refused", async () => {
    const { connection } = await against((stream, session) => {
      if (stream.id === 1) answer(stream);
      else session.goaway(0, 1);
    });
    await unary(connection);
    expect(await failureOf(unary(connection))).toMatchObject({ code: "UNAVAILABLE", progress: "refused" });
  });

  test("too_many_pings asks for a slower keepalive", async () => {
    const { connection } = await against((_stream, session) => session.goaway(11, 0, Buffer.from("too_many_pings")));
    expect(await failureOf(unary(connection))).toMatchObject({ code: "UNAVAILABLE" });
    expect(await connection.closed).toMatchObject({ advice: "slower_keepalive" });
  });
});

describe("limits", () => {
  test("a message over the limit is refused by its prefix (fault 10)", async () => {
    const { connection } = await against(
      (stream) => {
        stream.respond(GRPC_HEADERS);
        stream.write(prefixOf(1_001));
      },
      { maxReceiveBytes: 1_000 },
    );
    const error = await failureOf(unary(connection));
    expect(error).toMatchObject({ code: "RESOURCE_EXHAUSTED" });
    expect(error.message).toContain("1001 bytes");
  });

  test("a gzip bomb is cut off at the limit (fault 10)", async () => {
    const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));
    const { connection } = await against((stream) => {
      stream.respond({ ...GRPC_HEADERS, "grpc-encoding": "gzip" });
      stream.write(Buffer.concat([prefixOf(bomb.length, true), bomb]));
    });
    const before = process.memoryUsage.rss();
    expect(await failureOf(unary(connection))).toMatchObject({ code: "RESOURCE_EXHAUSTED" });
    expect(process.memoryUsage.rss() - before).toBeLessThan(32 * 1024 * 1024);
  });

  test("no more calls than the server allows; one more is refused at once, not queued", async () => {
    const { connection } = await against(() => {}, {}, { maxConcurrentStreams: 1 });
    expect(connection.load).toEqual({ active: 0, limit: 1 });
    const first = failureOf(unary(connection));
    expect(connection.load.active).toBe(1);
    expect(await failureOf(unary(connection))).toMatchObject({ code: "UNAVAILABLE", progress: "refused" });
    await connection.close({ graceMs: 0 });
    expect(await first).toMatchObject({ code: "UNAVAILABLE" });
    expect(connection.load.active).toBe(0);
  });
});

describe("time and cancelling", () => {
  test("a deadline ends the call and resets the stream (fault 8)", async () => {
    const reset = Promise.withResolvers<number>();
    const { connection } = await against((stream) => stream.on("close", () => reset.resolve(stream.rstCode)));
    const startedMs = Date.now();
    const error = await failureOf(unary(connection, {}, { context: deriveContext({ timeoutMs: 100 }) }));
    expect(error.code).toBe("DEADLINE_EXCEEDED");
    expect(Date.now() - startedMs).toBeGreaterThanOrEqual(99);
    expect(await reset.promise).toBe(8);
  });

  test.each([
    ["is the deadline's end when that is due: the peer's timer was first", 0.5, "DEADLINE_EXCEEDED"],
    ["is the peer's own wish before it", 1_000, "CANCELLED"],
  ] as const)("a bare CANCEL %s", async (_name, timeoutMs, code) => {
    const clock = createManualClock();
    const { connection } = await against((stream) => resetStream(stream, 8), { clock });
    expect(await failureOf(unary(connection, {}, { context: deriveContext({ timeoutMs, clock }) }))).toMatchObject({
      code,
    });
  });

  test("a call without a deadline sends no grpc-timeout: the header's absence is how gRPC says so", async () => {
    const timeouts: unknown[] = [];
    const { connection } = await against((stream, _session, headers) => {
      timeouts.push(headers["grpc-timeout"]);
      answer(stream, Buffer.alloc(5));
    });
    await unary(connection, {}, { context: deriveContext({ timeoutMs: Number.POSITIVE_INFINITY }) });
    expect(timeouts).toEqual([undefined]);
  });

  test("a deadline that is past already makes no stream", async () => {
    let streams = 0;
    const { connection } = await against(() => {
      streams += 1;
    });
    const past = { ...deriveContext(), deadlineMs: Date.now() };
    expect(await failureOf(unary(connection, {}, { context: past }))).toMatchObject({ code: "DEADLINE_EXCEEDED" });
    expect(streams).toBe(0);
  });

  test("an abort for any reason is CANCELLED", async () => {
    const reset = Promise.withResolvers<number>();
    const controller = new AbortController();
    const { connection } = await against((stream) => {
      stream.on("close", () => reset.resolve(stream.rstCode));
      controller.abort("no interest");
    });
    const error = await failureOf(unary(connection, {}, { context: deriveContext({ signal: controller.signal }) }));
    expect(error).toMatchObject({ code: "CANCELLED", cause: "no interest" });
    expect(await reset.promise).toBe(8);
  });

  test("a dial that gets no answer ends at its timeout; so does one that is aborted", async () => {
    const { createServer } = await import("node:net");
    const silent = createServer(() => {});
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    closing.push(() => silent.close());
    const { port } = silent.address() as { port: number };
    const error = await failureOf(connect(port, { dialTimeoutMs: 50 }));
    expect(error).toMatchObject({ code: "UNAVAILABLE", progress: "refused" });
    expect(error.message).toBe(`cannot connect to 127.0.0.1:${port}: no HTTP/2 connection within 50 ms`);
  });

  test("a dial that is refused names the address", async () => {
    const server = await fakeServer(() => {});
    server.close();
    const error = await failureOf(connect(server.port));
    expect(error).toMatchObject({ code: "UNAVAILABLE", progress: "refused" });
    expect(error.message).toContain(`127.0.0.1:${server.port}`);
    expect(error.message).toContain("ECONNREFUSED");
  });

  test("a server that has gone silent is found by keepalive (fault 4)", async () => {
    const clock = createManualClock(Date.now());
    const { connection, server } = await against(() => {}, {
      clock,
      keepalive: { intervalMs: 1_000, timeoutMs: 500 },
    });
    const call = failureOf(unary(connection, {}, { context: deriveContext({ timeoutMs: 60_000, clock }) }));
    // Nobody reads at the other end any more, so no PING is acknowledged.
    for (const session of server.sessions) session.destroy = () => {};
    clock.advance(1_000);
    clock.advance(500);
    expect(await call).toMatchObject({ code: "UNAVAILABLE" });
    expect(await connection.closed).toMatchObject({ reason: "no answer to keepalive" });
  });
});

test("metadata of a failed call is kept beside its error", async () => {
  const { connection } = await against((stream) =>
    stream.respond(
      { ...GRPC_HEADERS, "grpc-status": "14", "grpc-retry-pushback-ms": "250", "x-bin": "a" },
      { endStream: true },
    ),
  );
  const error = await failureOf(unary(connection));
  expect(error.code).toBe("UNAVAILABLE");
  expect(metadataOf(error)?.trailer.get("grpc-retry-pushback-ms")).toBe("250");
});

test("a reply stream can be read to its end after the connection was asked to close", async () => {
  const { connection } = await against((stream) => {
    stream.respond(GRPC_HEADERS, { waitForTrailers: true });
    stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
    stream.write(Buffer.alloc(5));
    setTimeout(() => stream.end(Buffer.alloc(5)), 20);
  });
  const { messages } = await streaming(connection, "expand", [{}]);
  const closed = connection.close({ graceMs: 5_000 });
  expect(await collect(messages)).toHaveLength(2);
  await closed;
});

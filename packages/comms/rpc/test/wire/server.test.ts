import { once } from "node:events";
import http2 from "node:http2";
import { gzipSync } from "node:zlib";
import { create, toBinary } from "@bufbuild/protobuf";
import { currentContext } from "@parley/core";
import { deriveContext } from "@parley/core/internal";
import { prefixOf } from "@parley/wire/testing";
import { afterEach, describe, expect, test } from "vitest";
import { createServer } from "../../src/create-server.ts";
import type { HandlerContext, ServiceImplementation } from "../../src/server/service-implementation.ts";
import type { ServerOptions } from "../../src/server-options.ts";
import { EchoRequestSchema, EchoService } from "../gen/parley/test/v1/echo_pb.ts";
import { connect, failureOf, streaming, unary } from "../support/connection.ts";
import { echoing } from "../support/running.ts";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function serve(
  methods: Partial<ServiceImplementation<typeof EchoService>> = {},
  options: Partial<ServerOptions> = {},
) {
  const server = createServer({ services: [echoing(methods)], ...options });
  const { port } = await server.listen({ port: 0, host: "127.0.0.1" });
  closing.push(() => server.drain({ graceMs: 0 }));
  return { server, port };
}

async function bareSession(port: number): Promise<http2.ClientHttp2Session> {
  const session = http2.connect(`http://127.0.0.1:${port}`);
  session.on("error", () => {});
  await once(session, "remoteSettings");
  closing.push(() => session.destroy());
  return session;
}

const ECHO = {
  ":method": "POST",
  ":path": `/${EchoService.typeName}/Echo`,
  "content-type": "application/grpc",
  te: "trailers",
};

const frame = (text: string): Buffer => {
  const bytes = toBinary(EchoRequestSchema, create(EchoRequestSchema, { text }));
  return Buffer.concat([prefixOf(bytes.length), bytes]);
};

/** What a bare client sees of one request. */
async function exchange(
  session: http2.ClientHttp2Session,
  headers: http2.OutgoingHttpHeaders,
  body: Uint8Array | "nothing" = frame("a"),
) {
  const stream = session.request({ ...ECHO, ...headers });
  stream.on("error", () => {});
  let response: http2.IncomingHttpHeaders = {};
  let trailers: http2.IncomingHttpHeaders = {};
  stream.on("response", (received) => {
    response = received;
  });
  stream.on("trailers", (received) => {
    trailers = received;
  });
  stream.resume();
  if (body !== "nothing") stream.end(body);
  await new Promise((resolve) => stream.once("close", resolve));
  return { ...response, ...trailers } as Record<string, unknown>;
}

describe("requests that are no proper gRPC", () => {
  const cases: [name: string, headers: http2.OutgoingHttpHeaders, body: Uint8Array | undefined, expected: object][] = [
    ["another media type", { "content-type": "application/json" }, undefined, { ":status": 415 }],
    ["another HTTP method", { ":method": "PUT" }, undefined, { ":status": 405, allow: "POST" }],
    [
      "an unknown service",
      { ":path": "/no.Service/No" },
      undefined,
      { "grpc-status": "12", "grpc-message": "the service no.Service is not served here" },
    ],
    [
      "an unknown method",
      { ":path": "/parley.test.v1.EchoService/No" },
      undefined,
      { "grpc-status": "12", "grpc-message": "the service parley.test.v1.EchoService has no method No" },
    ],
    ["a path that is none", { ":path": "/" }, undefined, { "grpc-status": "12" }],
    [
      "a timeout that is none",
      { "grpc-timeout": "soon" },
      undefined,
      { "grpc-status": "3", "grpc-message": expect.stringContaining('"soon"') },
    ],
    [
      "an encoding we do not read",
      { "grpc-encoding": "br" },
      undefined,
      { "grpc-status": "12", "grpc-message": expect.stringContaining("identity,gzip") },
    ],
    ["no message", {}, Buffer.alloc(0), { "grpc-status": "12" }],
    ["two messages", {}, Buffer.alloc(10), { "grpc-status": "12" }],
    ["a message cut short", {}, prefixOf(9), { "grpc-status": "13" }],
    ["bytes that are no message", {}, Buffer.from([0, 0, 0, 0, 1, 0x0a]), { "grpc-status": "13" }],
    ["a message over the limit, by its prefix", {}, prefixOf(4 * 1024 * 1024 + 1), { "grpc-status": "8" }],
    [
      "a gzip bomb",
      { "grpc-encoding": "gzip" },
      (() => {
        const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));
        return Buffer.concat([prefixOf(bomb.length, true), bomb]);
      })(),
      { "grpc-status": "8" },
    ],
  ];
  test.each(cases)("%s", async (_name, headers, body, expected) => {
    const { port } = await serve();
    expect(await exchange(await bareSession(port), headers, body)).toMatchObject(expected);
  });

  test("the codec may be named in the content type", async () => {
    const { port } = await serve();
    const session = await bareSession(port);
    expect(await exchange(session, { "content-type": "application/grpc+proto" })).toMatchObject({ "grpc-status": "0" });
  });

  test("headers over the limit end the stream, not the connection", async () => {
    const { port } = await serve();
    const session = await bareSession(port);
    await exchange(session, { "x-big": "x".repeat(40_000) });
    expect(await exchange(session, {})).toMatchObject({ "grpc-status": "0" });
  });
});

describe("time", () => {
  test("at the deadline the server answers itself, the signal aborts, and a late result is dropped (fault 8)", async () => {
    const aborted = Promise.withResolvers<unknown>();
    const release = Promise.withResolvers<void>();
    const echo = async (_request: unknown, { signal }: HandlerContext) => {
      signal.addEventListener("abort", () => aborted.resolve(signal.reason));
      await release.promise;
      return { text: "late" };
    };
    const { port } = await serve({ echo }, { timeoutMs: 300_000 }); // no other limit ends it
    const answer = await exchange(await bareSession(port), { "grpc-timeout": "100m" });
    expect(answer).toMatchObject({ ":status": 200, "grpc-status": "4" });
    expect(await aborted.promise).toMatchObject({ code: "DEADLINE_EXCEEDED" });
    release.resolve();
  });

  test.each(["0S", "0n", "00000000H", "1n", "999u"])(
    "grpc-timeout %s is DEADLINE_EXCEEDED, and no handler runs",
    async (timeout) => {
      let calls = 0;
      const echo = ({ text }: { readonly text: string }) => {
        calls += 1;
        return { text };
      };
      const expand = async function* () {
        calls += 1;
        yield {};
      };
      const { port } = await serve({ echo, expand });
      const session = await bareSession(port);
      for (const method of ["Echo", "Expand"]) {
        const headers = { ":path": `/${EchoService.typeName}/${method}`, "grpc-timeout": timeout };
        expect(await exchange(session, headers)).toMatchObject({ ":status": 200, "grpc-status": "4" });
      }
      expect(calls).toBe(0);
    },
  );

  test("a request that never comes ends at its deadline", async () => {
    const { port } = await serve({}, { timeoutMs: 50 });
    expect(await exchange(await bareSession(port), {}, "nothing")).toMatchObject({ "grpc-status": "4" });
  });

  test("the server's own timeout bounds a unary call that asks for more", async () => {
    const { port } = await serve({ echo: () => new Promise(() => {}) }, { timeoutMs: 50 });
    expect(await exchange(await bareSession(port), { "grpc-timeout": "1H" })).toMatchObject({ "grpc-status": "4" });
  });

  test("a method that makes a call gives it what is left of its own time", async () => {
    const left = Promise.withResolvers<number>();
    const { port } = await serve({
      echo() {
        left.resolve(deriveContext({ timeoutMs: 60_000 }).deadlineMs - Date.now());
        return { text: currentContext()?.requestId ?? "" };
      },
    });
    await exchange(await bareSession(port), { "grpc-timeout": "500m" });
    expect(await left.promise).toBeLessThanOrEqual(500);
  });
});

describe("clients that leave", () => {
  const waiting = () => {
    const started = Promise.withResolvers<void>();
    const aborted = Promise.withResolvers<unknown>();
    const methods: Partial<ServiceImplementation<typeof EchoService>> = {
      echo: (_request, { signal }) => {
        signal.addEventListener("abort", () => aborted.resolve(signal.reason));
        started.resolve();
        return new Promise(() => {});
      },
    };
    return { started: started.promise, aborted: aborted.promise, methods };
  };

  test("a cancel aborts the method's signal", async () => {
    const { started, aborted, methods } = waiting();
    const { port } = await serve(methods);
    const stream = (await bareSession(port)).request(ECHO);
    stream.on("error", () => {});
    stream.end(frame("a"));
    await started;
    stream.close(8);
    expect(await aborted).toMatchObject({ code: "CANCELLED", message: "the client cancelled the call" });
  });

  test("so does a lost connection", async () => {
    const { started, aborted, methods } = waiting();
    const { port } = await serve(methods);
    const session = await bareSession(port);
    const stream = session.request(ECHO);
    stream.on("error", () => {});
    stream.end(frame("a"));
    await started;
    session.socket.destroy();
    expect(await aborted).toMatchObject({ code: "CANCELLED" });
  });

  test("two thousand quick cancels on a connection fail no other call on it (fault 9)", async () => {
    const { port } = await serve({ read: () => new Promise(() => {}) });
    const connection = await connect(port);
    closing.push(() => connection.close({ graceMs: 0 }));
    for (let round = 0; round < 20; round++) {
      const controller = new AbortController();
      const context = deriveContext({ signal: controller.signal });
      const cancelled = Array.from({ length: 100 }, () => failureOf(unary(connection, { text: "x" }, { context })));
      controller.abort();
      for (const error of await Promise.all(cancelled)) expect(error.code).toBe("CANCELLED");
      expect((await unary(connection, { text: "still here" })).message.text).toBe("still here");
    }
  });
});

describe("what methods do wrong", () => {
  test("to return nothing is INTERNAL", async () => {
    const { port } = await serve({ echo: () => undefined as never });
    const connection = await connect(port);
    closing.push(() => connection.close({ graceMs: 0 }));
    expect(await failureOf(unary(connection))).toMatchObject({ code: "INTERNAL", message: "internal error" });
  });

  test("a value that the contract cannot hold is INTERNAL", async () => {
    const { port } = await serve({ echo: () => ({ index: 2 ** 40 }) });
    const connection = await connect(port);
    closing.push(() => connection.close({ graceMs: 0 }));
    expect(await failureOf(unary(connection))).toMatchObject({ code: "INTERNAL" });
  });

  test("to answer a request stream early leaves nothing that a drain would wait for", async () => {
    const { port, server } = await serve({ collect: () => Promise.resolve({ text: "enough" }) });
    const connection = await connect(port);
    closing.push(() => connection.close({ graceMs: 0 }));
    async function* endless() {
      for (;;) {
        await new Promise(setImmediate);
        yield { text: "more" };
      }
    }
    const { messages } = await streaming(connection, "collect", endless());
    const iterator = messages[Symbol.asyncIterator]();
    expect((await iterator.next()).value).toMatchObject({ text: "enough" });
    expect((await iterator.next()).done).toBe(true);
    expect(await server.drain({ graceMs: 5_000 })).toBe("drained");
  });
});

describe("drain", () => {
  test("an idle connection does not hold it", async () => {
    const { port, server } = await serve();
    await bareSession(port);
    const connection = await connect(port);
    expect(await server.drain({ graceMs: 300_000 })).toBe("drained");
    expect((await connection.closed).error).toBeUndefined();
  });

  test("calls in flight finish, those that come meanwhile are refused (fault 1)", async () => {
    const release = Promise.withResolvers<void>();
    const started = Promise.withResolvers<void>();
    const { port, server } = await serve({
      async echo({ text }) {
        started.resolve();
        await release.promise;
        return { text };
      },
    });
    const connection = await connect(port);
    const inFlight = unary(connection, { text: "kept" });
    await started.promise;
    const drained = server.drain({ graceMs: 5_000 });
    await connection.closed;
    expect(await failureOf(unary(connection))).toMatchObject({ progress: "refused" });
    release.resolve();
    expect((await inFlight).message.text).toBe("kept");
    expect(await drained).toBe("drained");
  });

  test.each(["limit", "signal"] as const)("the %s forces it, and the method is told", async (by) => {
    const aborted = Promise.withResolvers<void>();
    const started = Promise.withResolvers<void>();
    const { port, server } = await serve({
      echo(_request, { signal }) {
        signal.addEventListener("abort", () => aborted.resolve());
        started.resolve();
        return new Promise(() => {});
      },
    });
    const connection = await connect(port);
    const call = failureOf(unary(connection));
    await started.promise;
    const controller = new AbortController();
    const drained = server.drain(by === "limit" ? { graceMs: 50 } : { graceMs: 60_000, signal: controller.signal });
    if (by === "signal") controller.abort();
    expect(await drained).toBe("forced");
    expect(await call).toMatchObject({ code: "UNAVAILABLE" });
    await aborted.promise;
  });

  test.each(["parley", "node"] as const)(
    "a server by %s that is stopped while it begins to listen does not listen",
    async (http2) => {
      const { server, port } = await serve();
      await server.drain({ graceMs: 0 });
      const stopped = createServer({ services: [echoing()], http2 });
      const listening = stopped.listen({ port, host: "127.0.0.1" });
      const drained = stopped.drain({ graceMs: 0 });
      await expect(listening).rejects.toThrow("the server was stopped before it listened");
      await drained;
      const next = createServer({ services: [echoing()], http2 });
      expect(await next.listen({ port, host: "127.0.0.1" })).toMatchObject({ port });
      await next.drain({ graceMs: 0 });
    },
  );

  test("a port in use rejects with the system's error", async () => {
    const { port } = await serve();
    const second = createServer({ services: [echoing()] });
    await expect(second.listen({ port, host: "127.0.0.1" })).rejects.toMatchObject({ code: "EADDRINUSE" });
  });
});

test("options that are wrong are all named at once", () => {
  expect(() => createServer({ services: [], timeoutMs: 0, maxReceiveBytes: Number.NaN })).toThrow(
    "timeoutMs must be greater than 0, got 0; maxReceiveBytes must be greater than 0, got NaN; maxDecompressedBytes",
  );
});

test("a service may be registered once", () => {
  expect(() => createServer({ services: [echoing(), echoing()] })).toThrow(
    "parley.test.v1.EchoService is registered twice",
  );
});

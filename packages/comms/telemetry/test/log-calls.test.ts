import { CODES, type ErrorCode, notFound, type Operation, ParleyError } from "@parley/core";
import { deriveContext } from "@parley/core/internal";
import { createLogger, type LogLevel, logCalls, watchCalls } from "@parley/telemetry";
import { describe, expect, test } from "vitest";
import { answer, answerStream, failWith, lineSink, serviceWith, streamingCall, unaryCall } from "./support/calls.ts";

function setUp(level: LogLevel = "info") {
  const sink = lineSink();
  let timeMs = 0;
  const log = logCalls({ logger: createLogger({ name: "user-service", level, destination: sink }) });
  const interceptor = watchCalls([log], { stopwatch: () => (timeMs += 1.5) });
  return { sink, interceptor };
}

test("a unary call is one line with who, what, how long and which request", async () => {
  const { sink, interceptor } = setUp();
  const call = unaryCall();
  await interceptor(answer)(call);
  expect(sink.records()).toEqual([
    {
      level: "info",
      time: expect.any(Number),
      name: "user-service",
      side: "server",
      service: "test.v1.Users",
      method: "GetUser",
      code: "OK",
      durationMs: 1.5,
      requestId: call.context.requestId,
      traceId: call.context.trace.traceId,
      peer: "127.0.0.1:4711",
      caller: "api-gateway",
      msg: "call",
    },
  ]);
});

test("the caller gets the very reply and the very error", async () => {
  const { interceptor } = setUp();
  const reply = await answer(unaryCall());
  expect(await interceptor(async () => reply)(unaryCall())).toBe(reply);
  const error = notFound("user");
  await expect(interceptor(failWith(error))(unaryCall())).rejects.toBe(error);
});

test("health checks are not in the log at info, whatever they answer", async () => {
  const [operation] = serviceWith([{ name: "Check" }], "Health").map((it) => ({
    ...it,
    service: "grpc.health.v1.Health",
  }));
  const call = { ...unaryCall(), operation: operation as Operation };
  for (const level of ["info", "debug"] as const) {
    const { sink, interceptor } = setUp(level);
    await interceptor(answer)(call);
    await interceptor(failWith(new ParleyError("UNAVAILABLE", "no")))(call).catch(() => {});
    expect(sink.records().map((record) => record.level)).toEqual(level === "info" ? [] : ["debug", "debug"]);
  }
});

describe("the level follows the outcome", () => {
  const expected: Partial<Record<ErrorCode, string>> = {
    INTERNAL: "error",
    UNKNOWN: "error",
    DATA_LOSS: "error",
    UNAVAILABLE: "warn",
    DEADLINE_EXCEEDED: "warn",
    UNIMPLEMENTED: "warn",
  };
  const codes = Object.keys(CODES).filter((code) => code !== "OK") as ErrorCode[];
  test.each(codes)("%s on a server", async (code) => {
    const { sink, interceptor } = setUp();
    await interceptor(failWith(new ParleyError(code, "no")))(unaryCall()).catch(() => {});
    expect(sink.records()).toMatchObject([{ level: expected[code] ?? "info", code, error: "no" }]);
  });

  test("a client that was told of a defect warns; one that met it itself reports it with the cause", async () => {
    const { sink, interceptor } = setUp();
    await interceptor(failWith(new ParleyError("INTERNAL", "internal error")))(unaryCall({ side: "client" })).catch(
      () => {},
    );
    await interceptor(failWith(new TypeError("x is not a function")))(unaryCall({ side: "client" })).catch(() => {});
    expect(sink.records()).toMatchObject([
      { level: "warn" },
      { level: "error", err: { type: "TypeError", message: "x is not a function", stack: expect.any(String) } },
    ]);
  });
});

test("a stream is one line at its end, with the messages of both ways", async () => {
  const { sink, interceptor } = setUp();
  const reply = await interceptor(answerStream(3))(streamingCall({}, 2));
  if (!reply.streaming) expect.unreachable();
  expect(sink.lines).toEqual([]);
  for await (const _ of reply.messages);
  expect(sink.records()).toMatchObject([{ code: "OK", requests: 2, responses: 3 }]);
});

test("a stream that fails midway, or is left by its reader, says so once", async () => {
  const { sink, interceptor } = setUp();
  const failing = await interceptor(answerStream(2, notFound("user")))(streamingCall());
  const left = await interceptor(answerStream(2))(streamingCall());
  if (!failing.streaming || !left.streaming) expect.unreachable();
  await expect(Array.fromAsync(failing.messages)).rejects.toThrow("user not found");
  for await (const _ of left.messages) break;
  expect(sink.records()).toMatchObject([
    { code: "NOT_FOUND", responses: 2 },
    { code: "CANCELLED", responses: 1 },
  ]);
});

test("a stream that nobody reads ends with its call, and only once", async () => {
  const { sink, interceptor } = setUp();
  const controller = new AbortController();
  const context = deriveContext({ signal: controller.signal });
  const reply = await interceptor(answerStream(1))(streamingCall({ context }));
  controller.abort(new ParleyError("DEADLINE_EXCEEDED", "too late"));
  if (!reply.streaming) expect.unreachable();
  await Array.fromAsync(reply.messages);
  expect(sink.records()).toMatchObject([{ level: "warn", code: "DEADLINE_EXCEEDED" }]);
});

test.each([
  ["answers after all", async () => answer(unaryCall())],
  ["gives up", () => Promise.reject(new DOMException("aborted", "AbortError"))],
])("a call that was over for its caller before its method %s is what its caller saw", async (_how, late) => {
  const { sink, interceptor } = setUp();
  const controller = new AbortController();
  const call = unaryCall({ context: deriveContext({ signal: controller.signal }) });
  const handler = interceptor(() => {
    controller.abort(new ParleyError("DEADLINE_EXCEEDED", "too late"));
    return late();
  });
  await handler(call).catch(() => {});
  expect(sink.records()).toMatchObject([{ level: "warn", code: "DEADLINE_EXCEEDED", error: "too late" }]);
});

test("a call goes through unchanged, and nothing is written at level silent", async () => {
  const { sink, interceptor } = setUp("silent");
  const call = unaryCall();
  const seen: unknown[] = [];
  await interceptor((inner) => {
    seen.push(inner);
    return answer(inner);
  })(call);
  expect(seen).toEqual([call]);
  expect(seen[0]).toBe(call);
  expect(sink.lines).toEqual([]);
});

test("a logger that core alone knows serves as well", async () => {
  const lines: object[] = [];
  const record = (fields: object, message?: string): void => void lines.push({ ...fields, message });
  const log = logCalls({ logger: { debug: record, info: record, warn: record, error: record } });
  const handler = watchCalls([log])(answer);
  await handler(unaryCall());
  expect(lines).toMatchObject([{ side: "server", service: "test.v1.Users", method: "GetUser", code: "OK" }]);
});

test("at level warn a success is silent and a failure of the service is not", async () => {
  const { sink, interceptor } = setUp("warn");
  await interceptor(answer)(unaryCall());
  await interceptor(failWith(new ParleyError("UNAVAILABLE", "down")))(unaryCall()).catch(() => {});
  expect(sink.records()).toMatchObject([{ code: "UNAVAILABLE" }]);
});

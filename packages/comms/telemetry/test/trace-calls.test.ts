import { context, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import { currentContext, Metadata, notFound, ParleyError, runWithContext } from "@parley/core";
import {
  abortOf,
  CONTEXT_HEADERS,
  deriveContext,
  formatTraceparent,
  LazyAbort,
  LazyContext,
} from "@parley/core/internal";
import { traceCalls } from "@parley/telemetry";
import { afterAll, beforeAll, expect, test } from "vitest";
import { answer, answerStream, failWith, streamingCall, unaryCall } from "./support/calls.ts";

beforeAll(() => void context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable()));
afterAll(() => context.disable());

function setUp() {
  const exporter = new InMemorySpanExporter();
  const tracerProvider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
  return {
    tracerProvider,
    interceptor: traceCalls({ tracerProvider }),
    async spans() {
      await tracerProvider.forceFlush();
      return exporter.getFinishedSpans();
    },
  };
}

test("without an SDK the call passes through untouched", async () => {
  const call = unaryCall();
  const seen: unknown[] = [];
  await traceCalls()((inner) => {
    seen.push(inner);
    return answer(inner);
  })(call);
  expect(seen).toEqual([call]);
  expect(seen[0]).toBe(call);
});

test("an SDK that is registered later is found", async () => {
  const { tracerProvider, spans } = setUp();
  const handler = traceCalls()(answer);
  await handler(unaryCall());
  trace.setGlobalTracerProvider(tracerProvider);
  try {
    await handler(unaryCall());
  } finally {
    trace.disable();
  }
  expect((await spans()).map(({ name }) => name)).toEqual(["test.v1.Users/GetUser"]);
});

test("a server's span descends from the caller's, and everything within names it", async () => {
  const { tracerProvider, interceptor, spans } = setUp();
  const caller = { traceId: "0af7651916cd43dd8448eb211c80319c", spanId: "b7ad6b7169203331", flags: 1 };
  const metadata = new Metadata([[CONTEXT_HEADERS.traceparent, formatTraceparent(caller)]]);
  const call = unaryCall({ metadata, context: deriveContext({ trace: { ...caller, spanId: "1111111111111111" } }) });
  await interceptor(async (inner) => {
    expect(currentContext()).toBe(inner.context);
    tracerProvider.getTracer("handler").startSpan("query").end();
    return answer(inner);
  })(call);
  const [query, span] = await spans();
  expect(span).toMatchObject({
    name: "test.v1.Users/GetUser",
    kind: SpanKind.SERVER,
    parentSpanContext: { traceId: caller.traceId, spanId: caller.spanId, isRemote: true },
    attributes: {
      "rpc.system.name": "grpc",
      "rpc.method": "test.v1.Users/GetUser",
      "rpc.response.status_code": "OK",
      "client.address": "127.0.0.1",
      "client.port": 4711,
    },
  });
  expect(query?.parentSpanContext?.spanId).toBe(span?.spanContext().spanId);
});

test("a call under a span makes a signal for those alone who ask, as one without does", async () => {
  const { interceptor } = setUp();
  const source = new LazyAbort();
  const call = unaryCall({ context: new LazyContext(deriveContext(), source) });
  await interceptor(async (inner) => {
    expect(abortOf(inner.context)).toBe(source);
    return answer(inner);
  })(call);
});

test("a client's span descends from the call it is made in, and its own id goes on the wire", async () => {
  const { interceptor, spans } = setUp();
  const around = deriveContext();
  let sent: string | undefined;
  await runWithContext(around, () =>
    interceptor(async (inner) => {
      sent = inner.context.trace.spanId;
      return answer(inner);
    })(unaryCall({ side: "client", peer: "users:50051", context: deriveContext({ parent: around }) })),
  );
  const [span] = await spans();
  expect(span).toMatchObject({
    kind: SpanKind.CLIENT,
    parentSpanContext: { traceId: around.trace.traceId, spanId: around.trace.spanId },
    attributes: { "server.address": "users", "server.port": 50051 },
  });
  expect(sent).toBe(span?.spanContext().spanId);
});

test.each([
  ["server", notFound("user"), SpanStatusCode.UNSET],
  ["server", new ParleyError("INTERNAL", "internal error"), SpanStatusCode.ERROR],
  ["client", notFound("user"), SpanStatusCode.ERROR],
] as const)("on a %s, %s sets the span's status", async (side, error, status) => {
  const { interceptor, spans } = setUp();
  await interceptor(failWith(error))(unaryCall({ side })).catch(() => {});
  expect(await spans()).toMatchObject([
    { status: { code: status }, attributes: { "rpc.response.status_code": error.code } },
  ]);
});

test("the span of a stream ends with the stream", async () => {
  const { interceptor, spans } = setUp();
  const reply = await interceptor(answerStream(2))(streamingCall());
  if (!reply.streaming) expect.unreachable();
  expect(await spans()).toHaveLength(0);
  await Array.fromAsync(reply.messages);
  expect(await spans()).toHaveLength(1);
});

import { once } from "node:events";
import { context, SpanKind, SpanStatusCode } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { currentContext, ParleyError } from "@parley/core";
import { liveEvent } from "@parley/gateway";
import { openRaw } from "@parley/wire/testing";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { createEventLogs } from "./support/event-logs.ts";
import { openLibrary } from "./support/library.ts";
import { BookAdded, openLive, openSse, openWs } from "./support/live.ts";
import { collectSpans } from "./support/spans.ts";

beforeAll(() => void context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable()));
afterAll(() => context.disable());

const TRACE_ID = "0af7651916cd43dd8448eb211c80319c";
const CLIENT_SPAN = "b7ad6b7169203331";
const SECRET = { secret: "correct horse battery staple, 32+" };

describe("the span of a request", () => {
  test("has the route's name, and its call belongs to it", async () => {
    const { tracer, ended } = collectSpans();
    const { gateway, calls } = openLibrary({ tracer });
    await gateway.inject({ url: "/v1/books/Emma?$alt=json", remoteAddress: "203.0.113.7" });
    const [span] = await ended(1);
    expect(span).toMatchObject({
      name: "GET /v1/books/{name}",
      kind: SpanKind.SERVER,
      parentSpanContext: undefined,
      status: { code: SpanStatusCode.UNSET },
    });
    expect(span?.attributes).toEqual({
      "http.request.method": "GET",
      "http.route": "/v1/books/{name}",
      "http.response.status_code": 200,
      "url.path": "/v1/books/Emma",
      "url.scheme": "http",
      "client.address": "203.0.113.7",
    });
    const { traceId, spanId } = span?.spanContext() ?? {};
    expect(calls[0]?.context.trace).toEqual({ traceId, spanId, flags: 1 });
  });

  test.each([
    [1, "sampled"],
    [0, "not sampled"],
  ])("descends from the client's (flags %i: %s)", async (flags) => {
    const { tracer, ended } = collectSpans();
    const { gateway, calls } = openLibrary({ tracer });
    const headers = { traceparent: `00-${TRACE_ID}-${CLIENT_SPAN}-0${flags}`, tracestate: "vendor=1,other=2" };
    await gateway.inject({ url: "/v1/books/Emma", headers });
    const trace = calls[0]?.context.trace;
    expect(trace).toMatchObject({ traceId: TRACE_ID, flags, state: "vendor=1,other=2" });
    await gateway.inject("/v1/books/Emma");
    const [span] = await ended(1);
    const parentSpanContext = { traceId: TRACE_ID, spanId: CLIENT_SPAN, isRemote: true };
    if (flags === 1) expect(span).toMatchObject({ parentSpanContext });
    else expect(span).toMatchObject({ parentSpanContext: undefined }); // of the second request
  });

  test("begins a trace of its own where the client's header is malformed", async () => {
    const { tracer, ended } = collectSpans();
    const traceparent = `00-${TRACE_ID}-0000000000000000-01`;
    await openLibrary({ tracer }).gateway.inject({ url: "/v1/books/Emma", headers: { traceparent } });
    const [span] = await ended(1);
    expect(span?.parentSpanContext).toBeUndefined();
    expect(span?.spanContext().traceId).not.toBe(TRACE_ID);
  });

  test("is the parent of spans that the gateway's own interceptors create", async () => {
    const { tracer, tracerProvider, ended } = collectSpans();
    const { gateway } = openLibrary({
      tracer,
      interceptors: [
        (next) => (call) => {
          tracerProvider.getTracer("user").startSpan("own").end();
          return next(call);
        },
      ],
    });
    await gateway.inject("/v1/books/Emma");
    const [own, span] = await ended(2);
    expect(own).toMatchObject({ name: "own", parentSpanContext: { spanId: span?.spanContext().spanId } });
  });

  test.each([
    ["GET", "/v1/books/missing", "GET /v1/books/{name}", 404],
    ["GET", "/nowhere", "GET", 404],
    ["DELETE", "/v1/books", "DELETE", 405],
    ["OPTIONS", "/v1/books/Emma", "OPTIONS", 204],
    ["PROPFIND", "/nowhere", "HTTP", 404],
  ] as const)("of %s %s is %s, and what the client did wrong is no error of it", async (method, url, name, status) => {
    const { tracer, ended } = collectSpans();
    const { gateway } = openLibrary({ tracer });
    await gateway.inject({ method: method as "GET", url });
    const [span] = await ended(1);
    expect(span).toMatchObject({ name, status: { code: SpanStatusCode.UNSET } });
    expect(span?.attributes).toMatchObject({
      "http.request.method": method === "PROPFIND" ? "_OTHER" : method,
      "http.response.status_code": status,
    });
    expect(span?.attributes["error.type"]).toBeUndefined();
    expect(span?.attributes["http.request.method_original"]).toBe(method === "PROPFIND" ? method : undefined);
  });

  test.each([
    ["/v1/books/Emma", "GET /v1/books/{name}"],
    ["/nowhere", "GET"],
  ])("is there for a request without a token to %s", async (url, name) => {
    const { tracer, ended } = collectSpans();
    const lines: object[] = [];
    const keep = (line: object): void => void lines.push(line);
    const logger = { debug: keep, info: keep, warn: keep, error: keep };
    await openLibrary({ tracer, auth: SECRET, logger }).gateway.inject(url);
    const [span] = await ended(1);
    expect(span).toMatchObject({ name, attributes: { "http.response.status_code": 401 } });
    expect(lines).toContainEqual(expect.objectContaining({ status: 401, traceId: span?.spanContext().traceId }));
  });

  test("is there for a preflight", async () => {
    const { tracer, ended } = collectSpans();
    const { gateway } = openLibrary({ tracer, cors: { origins: "*" } });
    const headers = { origin: "https://a.example", "access-control-request-method": "GET" };
    await gateway.inject({ method: "OPTIONS", url: "/v1/books/Emma", headers });
    expect(await ended(1)).toMatchObject([{ name: "OPTIONS", attributes: { "http.response.status_code": 204 } }]);
  });

  test("fails with the server's faults", async () => {
    const { tracer, ended } = collectSpans();
    const fail = () => Promise.reject(new ParleyError("UNAVAILABLE", "away"));
    await openLibrary({ tracer }, { GetBook: fail }).gateway.inject("/v1/books/Emma");
    expect(await ended(1)).toMatchObject([
      {
        status: { code: SpanStatusCode.ERROR },
        attributes: { "http.response.status_code": 503, "error.type": "503" },
      },
    ]);
  });

  test("tells that a stream failed after its head", async () => {
    const { tracer, ended } = collectSpans();
    const { gateway } = openLibrary({ tracer });
    const headers = { accept: "text/event-stream" };
    await gateway.inject({ url: "/v1/books:watch?count=2&failAfter=1", headers });
    expect(await ended(1)).toMatchObject([
      { attributes: { "http.response.status_code": 200, "error.type": "ABORTED" } },
    ]);
  });

  test("tells that the client went away, which is no fault", async () => {
    const { tracer, ended } = collectSpans();
    const called = Promise.withResolvers<void>();
    const never = () => {
      called.resolve();
      return new Promise<never>(() => {});
    };
    const { gateway } = openLibrary({ tracer }, { GetBook: never });
    const { port } = await gateway.listen({ port: 0, host: "127.0.0.1" });
    onTestFinished(async () => void (await gateway.drain({ graceMs: 0, signal: AbortSignal.abort() })));
    const { socket } = await openRaw(port, "GET /v1/books/Emma HTTP/1.1\r\nhost: x\r\n\r\n");
    await called.promise;
    socket.destroy();
    const [span] = await ended(1);
    expect(span).toMatchObject({ attributes: { "error.type": "CANCELLED" }, status: { code: SpanStatusCode.UNSET } });
    expect(span?.attributes).not.toHaveProperty("http.response.status_code");
  });

  test("is not made of probes and other pages of the gateway", async () => {
    const { tracer, ended } = collectSpans();
    const { gateway } = openLibrary({ tracer });
    for (const url of ["/health", "/livez", "/readyz", "/docs"]) await gateway.inject(url);
    await gateway.inject("/nowhere");
    expect(await ended(1)).toMatchObject([{ name: "GET", attributes: { "url.path": "/nowhere" } }]);
  });
});

describe("the span of a live connection", () => {
  test("over SSE lasts until the client leaves, which is how it ends", async () => {
    const { tracer, ended } = collectSpans();
    const { origin } = await openLive(createEventLogs(), {}, { tracer });
    const reader = await openSse(`${origin}/events`);
    reader.close();
    const [span] = await ended(1);
    expect(span).toMatchObject({ name: "GET /events", attributes: { "http.response.status_code": 200 } });
    expect(span?.attributes["error.type"]).toBeUndefined();
  });

  test("over WebSocket lasts until it is closed", async () => {
    const { tracer, ended } = collectSpans();
    const { origin } = await openLive(createEventLogs(), {}, { tracer });
    const { socket } = await openWs(origin);
    socket.close();
    await once(socket, "close");
    const [span] = await ended(1);
    expect(span).toMatchObject({
      name: "GET /ws",
      kind: SpanKind.SERVER,
      attributes: { "http.response.status_code": 101, "http.route": "/ws", "url.path": "/ws" },
    });
    expect(span?.attributes["error.type"]).toBeUndefined();
  });

  test.each([
    ["an origin that is not allowed", "origin: https://evil.example\r\nsec-websocket-version: 13\r\n", 403],
    ["a handshake without its key", "", 400],
  ])("tells that %s was refused", async (_what, fields, status) => {
    const { tracer, ended } = collectSpans();
    const { port } = await openLive(createEventLogs(), {}, { tracer });
    const { socket } = await openRaw(
      port,
      `GET /ws HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\nupgrade: websocket\r\n${fields}\r\n`,
    );
    socket.resume();
    expect(await ended(1)).toMatchObject([{ name: "GET /ws", attributes: { "http.response.status_code": status } }]);
  });

  test("is the parent of what the rule of an event asks", async () => {
    const { tracer, ended } = collectSpans();
    const logs = createEventLogs({ logs: 1 });
    const asked = Promise.withResolvers<string | undefined>();
    const rule = () => {
      asked.resolve(currentContext()?.trace.spanId);
      return true;
    };
    const { origin } = await openLive(logs, { events: [liveEvent(BookAdded, rule)] }, { tracer });
    const reader = await openSse(`${origin}/events`);
    await logs.publish("books.added", { name: "x" }, {});
    const spanId = await asked.promise;
    reader.close();
    const [span] = await ended(1);
    expect(span?.spanContext().spanId).toBe(spanId);
  });
});

import { context, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { InMemorySpanExporter, type ReadableSpan, SimpleSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import { startForTest } from "@parley/runtime/testing";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { call } from "../http.ts";
import { welcomes } from "../welcomes.ts";

const PATIENCE = { timeout: 60_000 };
const exporter = new InMemorySpanExporter();
const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });

beforeAll(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  trace.setGlobalTracerProvider(provider);
});
afterAll(() => {
  context.disable();
  trace.disable();
});
beforeEach(() => exporter.reset());

const REQUEST_TRACE = "0af7651916cd43dd8448eb211c80319c";
const CLIENT_SPAN = "b7ad6b7169203331";

/** The trace of the request at the gateway, once it has as many spans. */
async function traceOf(root: string, count: number): Promise<readonly ReadableSpan[]> {
  return vi.waitFor(
    () => {
      const all = exporter.getFinishedSpans();
      const traceId = all.find(({ name }) => name === root)?.spanContext().traceId;
      const spans = all.filter((span) => span.spanContext().traceId === traceId);
      expect(spans.length, spans.map(({ name }) => name).join(", ")).toBeGreaterThanOrEqual(count);
      return spans;
    },
    { timeout: 20_000, interval: 20 },
  );
}

/** Each span by its kind and name under that of its parent; a parent outside of the set by its id. */
function tree(spans: readonly ReadableSpan[]): Record<string, string | undefined> {
  const kinds = ["internal", "server", "client", "producer", "consumer"];
  const titles = new Map(spans.map((span) => [span.spanContext().spanId, `${kinds[span.kind]} ${span.name}`]));
  return Object.fromEntries(
    spans.map((span) => {
      const parent = span.parentSpanContext?.spanId;
      return [titles.get(span.spanContext().spanId), parent && (titles.get(parent) ?? parent)];
    }),
  );
}

test("a request, its calls, its events and their jobs are one trace with one root", PATIENCE, async () => {
  await using system = await startForTest(welcomes);
  const answer = await call(`${system.addressOf("door")}/names`, { method: "POST", json: { name: "Ada" } });
  expect(answer.status).toBe(201);
  await system.settled();
  const spans = await traceOf("POST /names", 5);
  expect(tree(spans)).toEqual({
    "server POST /names": undefined,
    "client names.v1.NameService/AddName": "server POST /names",
    "server names.v1.NameService/AddName": "client names.v1.NameService/AddName",
    "consumer process names.added": "server names.v1.NameService/AddName",
    "consumer process prints": "consumer process names.added",
  });
});

test("a client's span is the parent of the gateway's", PATIENCE, async () => {
  await using system = await startForTest(welcomes);
  const traceparent = `00-${REQUEST_TRACE}-${CLIENT_SPAN}-01`;
  await fetch(`${system.addressOf("door")}/names/1`, { headers: { traceparent } });
  const spans = await traceOf("GET /names/{id}", 3);
  expect(spans[0]?.spanContext().traceId).toBe(REQUEST_TRACE);
  expect(tree(spans)).toEqual({
    "server GET /names/{id}": CLIENT_SPAN,
    "client names.v1.NameService/GetName": "server GET /names/{id}",
    "server names.v1.NameService/GetName": "client names.v1.NameService/GetName",
  });
});

test("a request that fails and one to nowhere have roots, too", PATIENCE, async () => {
  await using system = await startForTest(welcomes);
  const door = system.addressOf("door");
  expect((await call(`${door}/greetings/7`)).status).toBe(404);
  expect((await call(`${door}/nowhere`)).status).toBe(404);
  expect(tree(await traceOf("GET /greetings/{id}", 3))).toEqual({
    "server GET /greetings/{id}": undefined,
    "client greetings.v1.GreetingService/Greet": "server GET /greetings/{id}",
    "server greetings.v1.GreetingService/Greet": "client greetings.v1.GreetingService/Greet",
  });
  const [span, ...others] = await traceOf("GET", 1);
  expect(others).toEqual([]);
  expect(span).toMatchObject({ parentSpanContext: undefined, attributes: { "http.response.status_code": 404 } });
});

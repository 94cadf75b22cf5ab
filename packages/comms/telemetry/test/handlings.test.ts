import { SpanStatusCode } from "@opentelemetry/api";
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import { ParleyError } from "@parley/core";
import { type Consumption, deriveContext } from "@parley/core/internal";
import { logConsumption, traceConsumption } from "@parley/telemetry";
import { expect, test } from "vitest";

const handling: Consumption = {
  kind: "event",
  name: "names.added",
  group: "greeting-service",
  id: "e-1",
  attempt: 2,
  context: deriveContext({ caller: "name-service" }),
};

function recordLines() {
  const lines: Record<string, unknown>[] = [];
  const record = (level: string) => (fields: object, message?: string) =>
    void lines.push({ level, message, ...fields });
  return {
    lines,
    logger: { debug: record("debug"), info: record("info"), warn: record("warn"), error: record("error") },
  };
}

test("each handling is one line, with what joins it to its conversation", async () => {
  const { lines, logger } = recordLines();
  await logConsumption({ logger, stopwatch: () => 0 })(async () => {})(handling);
  expect(lines).toEqual([
    {
      level: "info",
      message: "event",
      code: "OK",
      durationMs: 0,
      event: "names.added",
      group: "greeting-service",
      id: "e-1",
      attempt: 2,
      requestId: handling.context.requestId,
      traceId: handling.context.trace.traceId,
      caller: "name-service",
    },
  ]);
});

test("a failure warns with its code, and is thrown on as it was", async () => {
  const { lines, logger } = recordLines();
  const failure = new ParleyError("UNAVAILABLE", "the mail server is away");
  const failing = logConsumption({ logger })(() => Promise.reject(failure));
  await expect(failing({ ...handling, kind: "job" })).rejects.toBe(failure);
  expect(lines).toMatchObject([
    { level: "warn", message: "job", code: "UNAVAILABLE", queue: "names.added", error: "the mail server is away" },
  ]);
});

test("each handling is a span in the trace of whoever published, and what it does descends from it", async () => {
  const exporter = new InMemorySpanExporter();
  const tracerProvider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
  const trace = traceConsumption({ tracerProvider });
  const seen: string[] = [];
  const origin = { ...handling.context.trace, spanId: "00f067aa0ba902b7" };
  await trace(async ({ context }) => void seen.push(context.trace.spanId))({ ...handling, origin });
  await trace(() => Promise.reject(new Error("x")))(handling).catch(() => {});
  await tracerProvider.forceFlush();
  const [done, failed] = exporter.getFinishedSpans();
  expect(done?.name).toBe("process names.added");
  expect(done?.spanContext()).toMatchObject({ traceId: handling.context.trace.traceId, spanId: seen[0] });
  expect(done?.parentSpanContext?.spanId).toBe(origin.spanId);
  expect(done?.attributes).toMatchObject({
    "messaging.message.id": "e-1",
    "messaging.consumer.group.name": "greeting-service",
  });
  expect(failed?.status.code).toBe(SpanStatusCode.ERROR);
});

import {
  type Attributes,
  context as activeContext,
  type Span,
  SpanKind,
  SpanStatusCode,
  type TracerProvider,
  trace,
} from "@opentelemetry/api";
import { type Call, type Code, type Interceptor, runWithContext } from "@parley/core";
import { withContext } from "@parley/core/internal";
import type { CallOutcome } from "../watch/call-outcome.ts";
import { watchCall } from "../watch/watch-call.ts";
import { spanParent } from "./span-parent.ts";
import { createTracerLookup } from "./tracer-lookup.ts";

export interface TraceCallsOptions {
  /** Whose spans. Default the one registered with `@opentelemetry/api`, looked for until there is one. */
  readonly tracerProvider?: TracerProvider;
}

/**
 * A span for each call, if an OpenTelemetry SDK is registered; without one a call costs 0.1 µs. Names and attributes are
 * those of the semantic conventions for RPC. Outermost in a chain: the span's id becomes that of the call's context, so
 * logs, calls made within and the next service all name it. Spans that a handler makes with OpenTelemetry descend from it.
 *
 * @see https://opentelemetry.io/docs/specs/semconv/rpc/
 */
export function traceCalls({ tracerProvider = trace }: TraceCallsOptions = {}): Interceptor {
  const findTracer = createTracerLookup(tracerProvider);
  return (next) => (call) => {
    const tracer = findTracer();
    if (!tracer) return next(call);
    const { side, operation } = call;
    const kind = side === "server" ? SpanKind.SERVER : SpanKind.CLIENT;
    const parent = spanParent(call);
    const span = tracer.startSpan(operation.path.slice(1), { kind, attributes: attributesOf(call) }, parent);
    const traced = withSpan(call, span);
    return activeContext.with(trace.setSpan(parent, span), () =>
      runWithContext(traced.context, () => watchCall(traced, next, (ended, outcome) => endSpan(span, ended, outcome))),
    );
  };
}

function attributesOf({ side, operation, peer }: Call): Attributes {
  const { host, port } = splitPeer(peer);
  return {
    "rpc.system.name": "grpc",
    "rpc.method": operation.path.slice(1),
    ...(side === "client"
      ? { "server.address": host, "server.port": port }
      : { "client.address": host, "client.port": port }),
  };
}

/** `host:port`, `[::1]:port` and targets with a scheme; what has no port is all host. */
function splitPeer(peer: string): { host: string; port: number | undefined } {
  const match = /^(.*):(\d{1,5})$/.exec(peer);
  return { host: match?.[1] ?? peer, port: match?.[2] === undefined ? undefined : Number(match[2]) };
}

function withSpan(call: Call, span: Span): Call {
  const { traceId, spanId, traceFlags } = span.spanContext();
  const own = { ...call.context.trace, traceId, spanId, flags: traceFlags };
  return { ...call, context: withContext(call.context, { trace: own }) };
}

/** The codes that are a server's own fault; a server's span does not fail for what the caller did wrong. */
export const SERVER_FAULTS: ReadonlySet<Code> = new Set([
  "UNKNOWN",
  "DEADLINE_EXCEEDED",
  "UNIMPLEMENTED",
  "INTERNAL",
  "UNAVAILABLE",
  "DATA_LOSS",
]);

function endSpan(span: Span, { side }: Call, { code, error }: CallOutcome): void {
  span.setAttribute("rpc.response.status_code", code);
  if (error && (side === "client" || SERVER_FAULTS.has(code))) {
    span.setAttribute("error.type", code);
    span.setStatus({ code: SpanStatusCode.ERROR, message: error.message });
  }
  span.end();
}

import {
  context as activeContext,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  type TracerProvider,
  trace,
} from "@opentelemetry/api";
import { runWithContext, toParleyError } from "@parley/core";
import { type ConsumeInterceptor, withContext } from "@parley/core/internal";
import { createTracerLookup } from "./tracer-lookup.ts";

export interface TraceHandlingsOptions {
  /** Whose spans. Default the one registered with `@opentelemetry/api`, looked for until there is one. */
  readonly tracerProvider?: TracerProvider;
}

/**
 * A span for each event or job that a handler is given, in the trace of whoever published it, if an OpenTelemetry SDK is
 * registered. Outermost in a chain, as the span of a call is.
 *
 * @see https://opentelemetry.io/docs/specs/semconv/messaging/messaging-spans/
 */
export function traceConsumption({ tracerProvider = trace }: TraceHandlingsOptions = {}): ConsumeInterceptor {
  const findTracer = createTracerLookup(tracerProvider);
  return (next) => async (handling) => {
    const tracer = findTracer();
    if (!tracer) return next(handling);
    const { kind, name, group, id, attempt, context, origin } = handling;
    const { traceId, spanId, flags } = origin ?? context.trace;
    const parent = trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags: flags, isRemote: true });
    const attributes = {
      "messaging.system": "parley",
      "messaging.operation.name": "process",
      "messaging.operation.type": "process",
      "messaging.destination.name": name,
      "messaging.consumer.group.name": group,
      "messaging.message.id": id,
      "parley.kind": kind,
      "parley.attempt": attempt,
    };
    const span = tracer.startSpan(`process ${name}`, { kind: SpanKind.CONSUMER, attributes }, parent);
    const own = span.spanContext();
    const ownTrace = { ...context.trace, traceId: own.traceId, spanId: own.spanId, flags: own.traceFlags };
    const traced = withContext(context, { trace: ownTrace });
    try {
      await activeContext.with(trace.setSpan(parent, span), () =>
        runWithContext(traced, () => next({ ...handling, context: traced })),
      );
    } catch (thrown) {
      const { code, message } = toParleyError(thrown);
      span.setAttribute("error.type", code);
      span.setStatus({ code: SpanStatusCode.ERROR, message });
      throw thrown;
    } finally {
      span.end();
    }
  };
}

import {
  context as activeContext,
  type Context,
  createTraceState,
  isSpanContextValid,
  ROOT_CONTEXT,
  trace,
} from "@opentelemetry/api";
import { type Call, currentContext, type TraceContext } from "@parley/core";
import { CONTEXT_HEADERS, parseTrace } from "@parley/core/internal";

/**
 * The OpenTelemetry context that a call's span descends from. On a server it is the caller's span, as the headers name
 * it. On a client it is the span at work: OpenTelemetry's if there is one (the user's own, within a handler), else that
 * of the Parley context around the call. Without any, the span is the root of a new trace.
 */
export function spanParent(call: Call): Context {
  const active = activeContext.active();
  if (call.side === "server") {
    const { metadata } = call;
    const state = metadata.getAll(CONTEXT_HEADERS.tracestate).join(","); // a list may come as several headers
    const caller = parseTrace(metadata.get(CONTEXT_HEADERS.traceparent), state);
    return caller ? within(active, caller, true) : ROOT_CONTEXT;
  }
  const span = trace.getSpanContext(active);
  if (span && isSpanContextValid(span)) return active;
  const around = currentContext();
  return around ? within(active, around.trace, false) : active;
}

/** What the span of a request at the edge descends from: the client's span if the headers name one, else nothing. */
export function requestParent(client: TraceContext | undefined): Context {
  return client ? within(ROOT_CONTEXT, client, true) : ROOT_CONTEXT;
}

function within(context: Context, { traceId, spanId, flags, state }: TraceContext, isRemote: boolean): Context {
  const spanContext = { traceId, spanId, traceFlags: flags, isRemote };
  return trace.setSpanContext(
    context,
    state === undefined ? spanContext : { ...spanContext, traceState: createTraceState(state) },
  );
}

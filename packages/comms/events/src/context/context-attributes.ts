import type { CallContext, Clock, TraceContext } from "@parley/core";
import {
  type AbortLike,
  acceptId,
  childSpan,
  formatTraceparent,
  type IdSource,
  LazyAbort,
  LazyContext,
  NO_BAGGAGE,
  parseTrace,
  startTrace,
} from "@parley/core/internal";

/** Extension attributes that carry the context of whoever published. Names as CloudEvents asks: `a-z0-9`, 20 at most. */
const ATTRIBUTES = {
  traceparent: "traceparent",
  tracestate: "tracestate",
  correlationId: "correlationid",
  requestId: "requestid",
  tenant: "tenant",
  caller: "caller",
  /** The id of the event that was being handled when this one was published. */
  causationId: "causationid",
  /** @see https://github.com/cloudevents/spec/blob/main/cloudevents/extensions/authcontext.md */
  authType: "authtype",
  authId: "authid",
} as const;

type Attributes = Readonly<Record<string, string>>;

export interface AttributeOptions {
  /** The service that publishes. */
  readonly service: string;
  readonly ids: IdSource;
}

/** The context as attributes; outside of any call a conversation and a trace begin here. */
export function toContextAttributes(context: CallContext | undefined, options: AttributeOptions): Attributes {
  const { service, ids } = options;
  const trace = context?.trace ?? startTrace(ids);
  const correlationId = context?.correlationId ?? ids.traceId();
  const attributes: Record<string, string> = {
    [ATTRIBUTES.traceparent]: formatTraceparent(trace),
    [ATTRIBUTES.correlationId]: correlationId,
    [ATTRIBUTES.requestId]: context?.requestId ?? correlationId,
    [ATTRIBUTES.caller]: service,
  };
  if (trace.state) attributes[ATTRIBUTES.tracestate] = trace.state;
  if (context?.tenant) attributes[ATTRIBUTES.tenant] = context.tenant;
  if (context?.causationId) attributes[ATTRIBUTES.causationId] = context.causationId;
  if (context?.principal) {
    attributes[ATTRIBUTES.authType] = "unknown";
    attributes[ATTRIBUTES.authId] = context.principal.subject;
  }
  return attributes;
}

/** What joins an event with the conversation that it belongs to. */
export function correlationOf(attributes: Attributes): string | undefined {
  return acceptId(attributes[ATTRIBUTES.correlationId]);
}

/** The context of a handler, and the span that published as far as the attributes tell. */
export interface RestoredContext {
  readonly context: CallContext;
  readonly origin: TraceContext | undefined;
}

/**
 * The context of a handler. It has the subject of the one for whom the event was published, with neither roles nor
 * claims: an event proves nothing, so access is decided before it is published.
 */
export function fromContextAttributes(
  attributes: Attributes,
  options: {
    readonly ids: IdSource;
    readonly clock: Clock;
    /** The id of the event or job that is handled: the cause of what its handler publishes. */
    readonly handledId?: string | undefined;
    readonly timeoutMs: number;
    /** What ends the handling before its time. */
    readonly signal: AbortLike;
  },
): RestoredContext {
  const { ids, clock, handledId, timeoutMs, signal } = options;
  const origin = parseTrace(attributes[ATTRIBUTES.traceparent], attributes[ATTRIBUTES.tracestate]);
  const correlationId = correlationOf(attributes) ?? ids.traceId();
  const subject = attributes[ATTRIBUTES.authId];
  const fields = {
    requestId: acceptId(attributes[ATTRIBUTES.requestId]) ?? correlationId,
    correlationId,
    trace: origin ? childSpan(origin, ids) : startTrace(ids),
    deadlineMs: clock.now() + timeoutMs,
    principal: subject ? { subject, roles: [], claims: {} } : undefined,
    tenant: attributes[ATTRIBUTES.tenant],
    caller: attributes[ATTRIBUTES.caller],
    causationId: handledId,
    baggage: NO_BAGGAGE,
  };
  return { context: signal instanceof LazyAbort ? new LazyContext(fields, signal) : { ...fields, signal }, origin };
}

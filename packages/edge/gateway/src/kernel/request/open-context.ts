import type { IncomingHttpHeaders } from "node:http";
import type { CallContext, TraceContext } from "@parley/core";
import {
  acceptId,
  CONTEXT_HEADERS,
  childSpan,
  type IdSource,
  type LazyAbort,
  LazyContext,
  parseBaggage,
  parseTrace,
  startTrace,
} from "@parley/core/internal";
import type { Identity } from "@parley/identity";
import type { ResolvedKernelOptions } from "../kernel-options.ts";

/** The request's own id if it is fit to be logged, else a new one. */
export function requestIdOf(headers: IncomingHttpHeaders, { ids }: ResolvedKernelOptions): string {
  return acceptId(one(headers[CONTEXT_HEADERS.requestId])) ?? ids.traceId();
}

export interface OpenContextOptions {
  readonly headers: IncomingHttpHeaders;
  readonly requestId: string;
  readonly timeoutMs: number;
  readonly gone: LazyAbort;
  readonly identity: Identity | undefined;
  /** The request's span; undefined without a tracer. */
  readonly trace: TraceContext | undefined;
}

/**
 * The context in which a request travels on. From outside come the correlation id, the trace and the baggage, each only
 * if well-formed, and the `Authorization` header as it is. The tenant comes from a verified token alone, and the caller
 * is always this gateway: a client cannot claim to be a service. Nothing comes from the context in which the gateway
 * itself was made.
 */
export function openContext(open: OpenContextOptions, options: ResolvedKernelOptions): CallContext {
  const { headers, requestId, timeoutMs, gone, identity, trace } = open;
  const { ids, clock } = options;
  const fields = {
    requestId,
    correlationId: acceptId(one(headers[CONTEXT_HEADERS.correlationId])) ?? requestId,
    trace: trace ?? traceOf(headers, ids),
    deadlineMs: clock.now() + timeoutMs,
    principal: identity?.principal,
    tenant: identity?.tenant,
    authorization: headers.authorization,
    caller: options.name,
    baggage: parseBaggage(one(headers[CONTEXT_HEADERS.baggage])),
  };
  return new LazyContext(fields, gone);
}

/** A place of its own in the client's trace, or in a new one, for requests without a span. */
function traceOf(headers: IncomingHttpHeaders, ids: IdSource): TraceContext {
  const parent = parseTrace(one(headers[CONTEXT_HEADERS.traceparent]), one(headers[CONTEXT_HEADERS.tracestate]));
  return parent ? childSpan(parent, ids) : startTrace(ids);
}

function one(value: string | string[] | undefined): string | undefined {
  return typeof value === "string" ? value : value?.[0];
}

/**
 * The headers in which a call context travels, over gRPC metadata, HTTP and events alike.
 * The deadline is not here: gRPC carries it as `grpc-timeout`, relative, so that clocks need not agree.
 */
export const CONTEXT_HEADERS = {
  requestId: "x-request-id",
  correlationId: "x-correlation-id",
  traceparent: "traceparent",
  tracestate: "tracestate",
  baggage: "baggage",
  authorization: "authorization",
  tenant: "x-tenant-id",
  caller: "x-service-name",
  callerToken: "x-service-token",
} as const;

/** An id from outside is kept only if it is short and harmless to log: this many of `A-Z a-z 0-9 . _ : / + = -`. */
export const MAX_ID_LENGTH = 128;

/** The id if it is safe to pass on, else undefined, and the receiver makes its own. */
export function acceptId(id: string | undefined): string | undefined {
  return id !== undefined && id.length > 0 && id.length <= MAX_ID_LENGTH && /^[\w.:/+=-]+$/.test(id) ? id : undefined;
}

/** How a call's context crosses a hop. The deadline goes as `grpc-timeout`, the rest as CONTEXT_HEADERS. */

import { type CallContext, type Metadata, ParleyError } from "@parley/core";
import {
  acceptId,
  CONTEXT_HEADERS,
  childSpan,
  decodeTenant,
  encodeTenant,
  formatBaggage,
  formatTraceparent,
  type IdSource,
  isFieldText,
  type LazyAbort,
  LazyContext,
  parseBaggage,
  parseTrace,
  startTrace,
  trimFieldText,
} from "@parley/core/internal";
import type { RequestHead } from "./request-head.ts";

/** Longer tokens do not fit beside the rest into the headers that peers accept. */
const MAX_AUTHORIZATION_LENGTH = 8_192;
/** Of a value that an error names. */
const MAX_SHOWN = 64;

/** Writes the contexts of the calls that go out over one connection. */
export class ContextHeaders {
  readonly #caller: string | undefined;
  /** The token that was looked at last, or none: tokens are long, and mostly the same again. */
  #token: string | undefined;

  /** @param caller where a context names none. */
  constructor(caller: string | undefined) {
    this.#caller = caller;
  }

  /**
   * Appends a context to a list of headers that is being made. What the call's own metadata already says is left to it.
   * @throws ParleyError INVALID_ARGUMENT for what no header can hold: the peer would have to reset the stream.
   */
  append(headers: string[], context: CallContext, metadata: Metadata): void {
    const own = metadata.size === 0 ? undefined : metadata;
    const { requestId, correlationId, trace, tenant } = context;
    append(headers, own, CONTEXT_HEADERS.requestId, requestId);
    if (correlationId !== requestId) append(headers, own, CONTEXT_HEADERS.correlationId, correlationId);
    if (!own?.has(CONTEXT_HEADERS.traceparent)) headers.push(CONTEXT_HEADERS.traceparent, formatTraceparent(trace));
    append(headers, own, CONTEXT_HEADERS.tracestate, trace.state);
    append(headers, own, CONTEXT_HEADERS.baggage, formatBaggage(context.baggage));
    this.#appendToken(headers, own, context.authorization);
    append(headers, own, CONTEXT_HEADERS.tenant, tenant && encodeTenant(tenant));
    append(headers, own, CONTEXT_HEADERS.caller, context.caller ?? this.#caller);
  }

  #appendToken(headers: string[], own: Metadata | undefined, token: string | undefined): void {
    if (token === undefined || own?.has(CONTEXT_HEADERS.authorization)) return;
    if (token === this.#token) headers.push(CONTEXT_HEADERS.authorization, token);
    else {
      append(headers, own, CONTEXT_HEADERS.authorization, token);
      this.#token = headers.at(-1);
    }
  }
}

function append(headers: string[], own: Metadata | undefined, name: string, value: string | undefined): void {
  if (value !== undefined && !own?.has(name)) headers.push(name, isFieldText(value) ? value : trimmed(name, value));
}

function trimmed(name: string, value: string): string {
  const text = trimFieldText(value);
  if (isFieldText(text)) return text;
  const shown = name === CONTEXT_HEADERS.authorization ? "" : ` ${JSON.stringify(value.slice(0, MAX_SHOWN))}`;
  throw new ParleyError("INVALID_ARGUMENT", `the call cannot be sent: ${name}${shown} must be printable ASCII`);
}

/** What a received context lacks, and only the receiver knows. */
export interface Arrival {
  readonly deadlineMs: number;
  readonly ids: IdSource;
  readonly signal: LazyAbort;
  readonly tenant: string | undefined;
}

/** The tenant that a caller names. @throws ParleyError INVALID_ARGUMENT if it cannot be read. */
export function tenantOf({ tenant }: RequestHead): string | undefined {
  return tenant === undefined ? undefined : decodeTenant(tenant);
}

/**
 * The context of a call that has come in: a new span of the caller's trace. An id that is too long or unsafe to log is
 * replaced by one of our own. Who the caller claims to be is passed on, not believed: verifying is an interceptor's work.
 */
export function restoreContext(head: RequestHead, { ids, deadlineMs, signal, tenant }: Arrival): CallContext {
  const parent = parseTrace(head.traceparent, head.tracestate);
  const { authorization } = head;
  const requestId = acceptId(head.requestId) ?? ids.traceId();
  const fields = {
    requestId,
    correlationId: acceptId(head.correlationId) ?? requestId,
    trace: parent ? childSpan(parent, ids) : startTrace(ids),
    deadlineMs,
    authorization: authorization && authorization.length <= MAX_AUTHORIZATION_LENGTH ? authorization : undefined,
    tenant,
    caller: acceptId(head.caller),
    baggage: parseBaggage(head.baggage),
  };
  return new LazyContext(fields, signal);
}

import type { IdSource } from "../random.ts";
import { trimFieldText } from "./field-text.ts";

/**
 * Where a call stands in its trace.
 * @see https://www.w3.org/TR/trace-context/
 */
export interface TraceContext {
  /** 32 hex digits. */
  readonly traceId: string;
  /** 16 hex digits: the span that is now at work. */
  readonly spanId: string;
  /** Bit 0 says that the trace is sampled. */
  readonly flags: number;
  /** The vendors' part, passed on unchanged. */
  readonly state?: string;
}

const SAMPLED = 1;
/** Version, trace id, span id and flags stand at fixed places; a later version may append more. */
const TRACEPARENT = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?$/;
const TRACEPARENT_LENGTH = 55;
/** One member, with neither a comma nor a blank. */
const STATE_MEMBER = /^[\x21-\x2b\x2d-\x7e]+$/;
const NOT_STATE = /[^\t\x20-\x7e]/;
const NO_TRACE_ID = "0".repeat(32);
const NO_SPAN_ID = "0".repeat(16);
/** The most of `tracestate` that is passed on; the specification asks for at least 512. */
const MAX_STATE_LENGTH = 512;

/** Begins a new, sampled trace. */
export function startTrace(ids: IdSource): TraceContext {
  return { traceId: ids.traceId(), spanId: ids.spanId(), flags: SAMPLED };
}

/** A new span in the same trace. */
export function childSpan(parent: TraceContext, ids: IdSource): TraceContext {
  const { traceId, flags, state } = parent;
  const span = { traceId, spanId: ids.spanId(), flags };
  return state === undefined ? span : { ...span, state };
}

/**
 * Reads the two headers. A malformed `traceparent` counts as none, as section 4.3 of the specification asks:
 * the receiver then starts a new trace.
 */
export function parseTrace(traceparent: string | undefined, tracestate?: string): TraceContext | undefined {
  if (traceparent === undefined || !TRACEPARENT.test(traceparent) || traceparent.startsWith("ff")) return undefined;
  if (traceparent.length > TRACEPARENT_LENGTH && traceparent.startsWith("00")) return undefined;
  const traceId = traceparent.slice(3, 35);
  const spanId = traceparent.slice(36, 52);
  if (traceId === NO_TRACE_ID || spanId === NO_SPAN_ID) return undefined;
  const base = { traceId, spanId, flags: Number.parseInt(traceparent.slice(53, TRACEPARENT_LENGTH), 16) };
  const state = tracestate === undefined ? "" : acceptState(tracestate);
  return state === "" ? base : { ...base, state };
}

/**
 * The members of a `tracestate` that are passed on: without the empty ones, which say nothing, and as many as fit (sections 3.3.1.1
 * and 3.3.1.5). One that holds what it may not counts as none, and the trace goes on without it (section 3.3).
 */
function acceptState(tracestate: string): string {
  if (STATE_MEMBER.test(tracestate) && tracestate.length <= MAX_STATE_LENGTH) return tracestate; // one member, as mostly
  if (NOT_STATE.test(tracestate)) return "";
  let state = "";
  for (const part of tracestate.split(",")) {
    const member = trimFieldText(part);
    if (member === "") continue;
    const longer = state === "" ? member : `${state},${member}`;
    if (longer.length > MAX_STATE_LENGTH) break;
    state = longer;
  }
  return state;
}

/** The `traceparent` header of a span. */
export function formatTraceparent({ traceId, spanId, flags }: TraceContext): string {
  return `00-${traceId}-${spanId}-${flags < 16 ? "0" : ""}${flags.toString(16)}`;
}

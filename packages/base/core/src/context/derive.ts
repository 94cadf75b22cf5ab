import { type IdSource, systemIds } from "../random.ts";
import { type Clock, systemClock } from "../time/clock.ts";
import { NO_BAGGAGE } from "./baggage.ts";
import { type CallContext, currentContext } from "./call-context.ts";
import { childSpan, startTrace } from "./trace.ts";

/** The deadline of work that nobody gave one: generous, because it is a net, not a policy. */
export const DEFAULT_TIMEOUT_MS = 30_000;

/**
 * The signal of a context that nobody can cancel, shared: it never aborts, so who compares with it need not listen, which is
 * most of what a signal costs.
 */
export const neverAborts: AbortSignal = new AbortController().signal;

/** What to begin or change; everything left out is taken from the parent, or made. */
export interface ContextOptions extends Partial<Omit<CallContext, "deadlineMs">> {
  /** How long the work may take. The deadline is the lesser of this and the parent's. Default 30 s without a parent. */
  readonly timeoutMs?: number | undefined;
  /** The context this one descends from. Default the current one. */
  readonly parent?: CallContext | undefined;
  readonly clock?: Clock | undefined;
  readonly ids?: IdSource | undefined;
}

/**
 * Begins a context, or derives one from its parent. A derived context is a new span of the same trace and never
 * outlives its parent's deadline. This only computes; whoever owns the work arms the deadline
 * (see {@link withDeadline}).
 */
export function deriveContext(options: ContextOptions = NO_OPTIONS): CallContext {
  const { timeoutMs, parent = currentContext(), clock = systemClock, ids = systemIds } = options;
  const limitMs = timeoutMs ?? (parent ? Number.POSITIVE_INFINITY : DEFAULT_TIMEOUT_MS);
  const requestId = options.requestId ?? parent?.requestId ?? ids.traceId();
  return {
    requestId,
    correlationId: options.correlationId ?? parent?.correlationId ?? requestId,
    trace: options.trace ?? (parent ? childSpan(parent.trace, ids) : startTrace(ids)),
    deadlineMs: Math.min(clock.now() + limitMs, parent?.deadlineMs ?? Number.POSITIVE_INFINITY),
    signal: options.signal ?? parent?.signal ?? neverAborts,
    principal: options.principal ?? parent?.principal,
    authorization: options.authorization ?? parent?.authorization,
    tenant: options.tenant ?? parent?.tenant,
    caller: options.caller ?? parent?.caller,
    causationId: options.causationId ?? parent?.causationId,
    baggage: options.baggage ?? parent?.baggage ?? NO_BAGGAGE,
  };
}

const NO_OPTIONS: ContextOptions = Object.freeze({});

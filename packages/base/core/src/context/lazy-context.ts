import { type AbortLike, toSignal } from "../time/lazy-abort.ts";
import type { CallContext } from "./call-context.ts";

/** Where a context keeps what aborts it, while its signal has not been made. */
const ABORT_SOURCE: unique symbol = Symbol("abort source");

type Abortable = CallContext & { readonly [ABORT_SOURCE]?: AbortLike };

/**
 * Returns what aborts a context without creating its signal. A spread copy (`{ ...context }`) keeps the source but not the getter;
 * a signal of its own wins.
 */
export function abortOf(context: Abortable): AbortLike {
  return Object.hasOwn(context, "signal") ? context.signal : (context[ABORT_SOURCE] ?? context.signal);
}

/** A context whose signal is created on demand: most work never reads it, and a controller costs more than routing a call. */
export class LazyContext implements CallContext {
  readonly requestId: CallContext["requestId"];
  readonly correlationId: CallContext["correlationId"];
  readonly trace: CallContext["trace"];
  readonly deadlineMs: CallContext["deadlineMs"];
  readonly principal: CallContext["principal"];
  readonly authorization: CallContext["authorization"];
  readonly tenant: CallContext["tenant"];
  readonly caller: CallContext["caller"];
  readonly causationId: CallContext["causationId"];
  readonly baggage: CallContext["baggage"];
  readonly [ABORT_SOURCE]: AbortLike;

  /** @param aborting what aborts it. To copy a context, use {@link withContext}. */
  constructor(fields: Omit<CallContext, "signal">, aborting: AbortLike) {
    this.requestId = fields.requestId;
    this.correlationId = fields.correlationId;
    this.trace = fields.trace;
    this.deadlineMs = fields.deadlineMs;
    this.principal = fields.principal;
    this.authorization = fields.authorization;
    this.tenant = fields.tenant;
    this.caller = fields.caller;
    this.causationId = fields.causationId;
    this.baggage = fields.baggage;
    this[ABORT_SOURCE] = aborting;
  }

  get signal(): AbortSignal {
    return toSignal(this[ABORT_SOURCE]);
  }
}

/** The one way to copy a context: the same but for `changes`. What aborts it stays, unless `changes` brings a signal. */
export function withContext(context: CallContext, changes: Partial<CallContext>): CallContext {
  return new LazyContext({ ...context, ...changes }, changes.signal ?? abortOf(context));
}

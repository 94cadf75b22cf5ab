import type { Aborting, AbortSource } from "../time/abort-source.ts";
import type { CallContext } from "./call-context.ts";

/** Where a context has what aborts it, if its signal is only made when it is asked for. */
export const ABORT_SOURCE: unique symbol = Symbol("abort source");

/** What aborts a context, to listen to: its signal, or what that would be made of. */
export function abortingOf(context: CallContext & { readonly [ABORT_SOURCE]?: AbortSource }): Aborting {
  return context[ABORT_SOURCE] ?? context.signal;
}

/** A context whose signal is made when it is asked for: most work never looks at it. */
export class LazyContext implements CallContext {
  readonly requestId: CallContext["requestId"];
  readonly correlationId: CallContext["correlationId"];
  readonly trace: CallContext["trace"];
  readonly deadlineMs: CallContext["deadlineMs"];
  readonly principal: CallContext["principal"];
  readonly authorization: CallContext["authorization"];
  readonly tenant: CallContext["tenant"];
  readonly caller: CallContext["caller"];
  readonly baggage: CallContext["baggage"];
  readonly [ABORT_SOURCE]: AbortSource;

  constructor(context: Omit<CallContext, "signal">, source: AbortSource) {
    this.requestId = context.requestId;
    this.correlationId = context.correlationId;
    this.trace = context.trace;
    this.deadlineMs = context.deadlineMs;
    this.principal = context.principal;
    this.authorization = context.authorization;
    this.tenant = context.tenant;
    this.caller = context.caller;
    this.baggage = context.baggage;
    this[ABORT_SOURCE] = source;
  }

  get signal(): AbortSignal {
    return this[ABORT_SOURCE].signal;
  }
}

import type { AbortSource } from "../time/abort-source.ts";
import type { CallContext } from "./call-context.ts";

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
  readonly #source: AbortSource;

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
    this.#source = source;
  }

  get signal(): AbortSignal {
    return this.#source.signal;
  }

  /** What aborts the context, where that can be heard of without its signal. */
  static sourceOf(context: CallContext): AbortSource | undefined {
    return context instanceof LazyContext ? context.#source : undefined;
  }
}

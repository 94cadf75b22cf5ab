import type { CallContext } from "./call-context.ts";

/** What a context says, but for its signal: that each kind of copy has from somewhere else, and only when it is asked for. */
export abstract class ContextCopy implements CallContext {
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

  constructor(context: Omit<CallContext, "signal">) {
    this.requestId = context.requestId;
    this.correlationId = context.correlationId;
    this.trace = context.trace;
    this.deadlineMs = context.deadlineMs;
    this.principal = context.principal;
    this.authorization = context.authorization;
    this.tenant = context.tenant;
    this.caller = context.caller;
    this.causationId = context.causationId;
    this.baggage = context.baggage;
  }

  abstract get signal(): AbortSignal;
}

import type { CallContext, Principal, TraceContext } from "@parley/core";

/** What was proven about a call; what is left out stays as it was. */
export interface Proven {
  readonly caller?: string | undefined;
  readonly principal?: Principal | undefined;
  readonly tenant?: string | undefined;
  /** `dropped`: the user's token proved nothing, and travels no further. Default `kept`. */
  readonly authorization?: "kept" | "dropped";
  /** What becomes of a tenant that the caller names and no token proves. Default `kept`, as fits a caller that is proven. */
  readonly claimedTenant?: "kept" | "dropped";
}

/**
 * The context of a call that has come in, with what was proven about it. The same span, not a derived one; the signal is passed
 * through when asked for, because then it is made.
 */
export class IdentifiedContext implements CallContext {
  readonly requestId: string;
  readonly correlationId: string;
  readonly trace: TraceContext;
  readonly deadlineMs: number;
  readonly principal: Principal | undefined;
  readonly authorization: string | undefined;
  readonly tenant: string | undefined;
  readonly caller: string | undefined;
  readonly baggage: Readonly<Record<string, string>>;
  readonly #received: CallContext;

  constructor(received: CallContext, proven: Proven) {
    const { caller, principal, tenant, authorization = "kept", claimedTenant = "kept" } = proven;
    this.requestId = received.requestId;
    this.correlationId = received.correlationId;
    this.trace = received.trace;
    this.deadlineMs = received.deadlineMs;
    this.principal = principal ?? received.principal;
    this.authorization = authorization === "kept" ? received.authorization : undefined;
    this.tenant = tenant ?? (claimedTenant === "kept" ? received.tenant : undefined);
    this.caller = caller ?? received.caller;
    this.baggage = received.baggage;
    this.#received = received;
  }

  get signal(): AbortSignal {
    return this.#received.signal;
  }
}

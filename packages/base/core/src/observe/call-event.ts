import type { ErrorCode } from "../errors/code.ts";

/** States of a circuit breaker, as operators name them. */
export type BreakerState = "closed" | "open" | "half-open";

/** States of a connection, as gRPC names them. */
export type ConnectivityState = "idle" | "connecting" | "ready" | "transient_failure" | "shutdown";

/**
 * What happens beside the calls themselves. Observers are told; they decide nothing.
 * Interceptors see calls; these events are what no interceptor can see.
 */
export type CallEvent =
  /** An attempt failed and another follows after `delayMs`. `attempt` counts from 1. */
  | {
      readonly type: "retry";
      readonly target: string;
      readonly method: string;
      readonly attempt: number;
      readonly delayMs: number;
      readonly code: ErrorCode;
    }
  /** A retry was due but the budget of the target was used up. */
  | { readonly type: "retry_budget_exhausted"; readonly target: string; readonly method: string }
  | { readonly type: "breaker"; readonly target: string; readonly from: BreakerState; readonly to: BreakerState }
  | {
      readonly type: "connection";
      readonly target: string;
      readonly address: string;
      readonly state: ConnectivityState;
      readonly reason?: string;
    }
  /** A call waited `waitedMs` for a free stream or connection. */
  | { readonly type: "queued"; readonly target: string; readonly waitedMs: number };

export type CallObserver = (event: CallEvent) => void;

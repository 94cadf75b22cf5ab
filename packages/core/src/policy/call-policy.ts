import { type BreakerPolicy, DEFAULT_BREAKER } from "./circuit-breaker.ts";
import { DEFAULT_RETRY, type RetryPolicy } from "./retry.ts";

/** Everything that governs the calls to one method. Resolved once; nothing in it is optional. */
export interface CallPolicy {
  /** The deadline of a call that its caller gave none; with one, the lesser counts. */
  readonly timeoutMs: number;
  readonly retry: RetryPolicy;
  readonly breaker: BreakerPolicy | "off";
}

/** 5 s suits a request that a person waits for; the policy file changes it per service or method. */
export const DEFAULT_CALL_POLICY: CallPolicy = { timeoutMs: 5_000, retry: DEFAULT_RETRY, breaker: DEFAULT_BREAKER };

/** Finds the policy of a method: `users.v1.UserService` and `GetUser`. */
export type CallPolicyLookup = (service: string, method: string) => CallPolicy;

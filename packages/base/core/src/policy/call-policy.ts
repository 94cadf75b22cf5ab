import type { Operation } from "../call/call.ts";
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

/** One hour: a stream lives as long as its reader listens, and a reader that wants more asks again. */
export const DEFAULT_STREAM_TIMEOUT_MS = 3_600_000;

/** Finds the policy of a method: `users.v1.UserService`, `GetUser`, and whether it streams. Default unary. */
export type CallPolicyLookup = (service: string, method: string, kind?: Operation["kind"]) => CallPolicy;

/** The policy where nothing else is said: streams differ in their time alone. */
export const defaultCallPolicyOf: CallPolicyLookup = (_service, _method, kind = "unary") =>
  kind === "unary" ? DEFAULT_CALL_POLICY : { ...DEFAULT_CALL_POLICY, timeoutMs: DEFAULT_STREAM_TIMEOUT_MS };

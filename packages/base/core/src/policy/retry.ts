import { CODES, type ErrorCode } from "../errors/code.ts";
import type { ParleyError } from "../errors/parley-error.ts";
import { type Backoff, DEFAULT_BACKOFF } from "./backoff.ts";
import { DEFAULT_RETRY_BUDGET, type RetryBudgetOptions } from "./retry-budget.ts";

/** When and how often a failed call is tried again. */
export interface RetryPolicy {
  /** Attempts in all, the first included. 1 turns retries off. */
  readonly maxAttempts: number;
  readonly backoff: Backoff;
  /**
   * Codes that are retried, provided the operation allows it (see {@link isRetryable}).
   * Default UNAVAILABLE alone: it is the one code that promises a later attempt may succeed.
   */
  readonly codes: readonly ErrorCode[];
  readonly budget: RetryBudgetOptions;
}

export const DEFAULT_RETRY: RetryPolicy = {
  maxAttempts: 3,
  backoff: DEFAULT_BACKOFF,
  codes: ["UNAVAILABLE"],
  budget: DEFAULT_RETRY_BUDGET,
};

/**
 * Whether a failure may be tried again. A call that the server certainly did not act on may, whatever the operation;
 * otherwise both the code must be listed and the operation be idempotent.
 */
export function isRetryable(
  error: ParleyError,
  policy: RetryPolicy,
  operation: { readonly idempotent: boolean },
): boolean {
  if (error.progress === "refused") return CODES[error.code].retry !== "never";
  return operation.idempotent && policy.codes.includes(error.code);
}

/**
 * Keeps retries from making an outage worse: a bucket of tokens per target. Each failure takes one, each success gives
 * `tokenRatio` back; while the bucket is half empty or less, nothing is retried.
 *
 * @see gRPC proposal A6, "Throttling Retry Attempts and Hedged RPCs"
 */
export interface RetryBudgetOptions {
  /** Size of the bucket. Default 10: five failures in a row pause retries. */
  readonly maxTokens: number;
  /** What a success gives back. Default 0.1: in the long run at most one retry for ten successes. */
  readonly tokenRatio: number;
}

export const DEFAULT_RETRY_BUDGET: RetryBudgetOptions = { maxTokens: 10, tokenRatio: 0.1 };

export interface RetryBudget {
  success(): void;
  failure(): void;
  /** Whether a retry may be made now. */
  allows(): boolean;
}

export function createRetryBudget({ maxTokens, tokenRatio }: RetryBudgetOptions = DEFAULT_RETRY_BUDGET): RetryBudget {
  let tokens = maxTokens;
  return {
    success() {
      tokens = Math.min(maxTokens, tokens + tokenRatio);
    },
    failure() {
      tokens = Math.max(0, tokens - 1);
    },
    allows: () => tokens > maxTokens / 2,
  };
}

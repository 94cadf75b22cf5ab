import type { Random } from "../random.ts";

/** How the waits between attempts grow. */
export interface Backoff {
  /** The wait before the second attempt, before jitter. */
  readonly initialMs: number;
  /** No wait is longer, before jitter. */
  readonly maxMs: number;
  /** Each wait is this many times the one before. */
  readonly multiplier: number;
  /**
   * `"full"` draws each wait evenly from 0 to its length, which spreads callers that failed together best;
   * `"equal"` from half its length on; `"none"` keeps it.
   * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
   */
  readonly jitter: "full" | "equal" | "none";
}

export const DEFAULT_BACKOFF: Backoff = { initialMs: 100, maxMs: 5_000, multiplier: 2, jitter: "full" };

/** The wait after the `failures`-th failure in a row (from 1). A pure function: no state to advance by mistake. */
export function backoffDelayMs(backoff: Backoff, failures: number, random: Random): number {
  const lengthMs = Math.min(backoff.maxMs, backoff.initialMs * backoff.multiplier ** (failures - 1));
  switch (backoff.jitter) {
    case "none":
      return lengthMs;
    case "equal":
      return lengthMs / 2 + (random.next() * lengthMs) / 2;
    case "full":
      return random.next() * lengthMs;
    default:
      throw new TypeError(`jitter must be "full", "equal" or "none", got ${String(backoff.jitter satisfies never)}`);
  }
}

import type { Executor } from "@parley/core";
import type { Envelope } from "@parley/transport";

/** An event that waits to be sent. */
export interface OutboxEntry {
  /** Grows with the order of commits per key, not with the order of inserts. */
  readonly sequence: bigint;
  readonly topic: string;
  readonly envelope: Envelope;
  /** Failed attempts so far. */
  readonly attempts: number;
}

/**
 * Events stored in the transaction that they tell of, until a relay has sent them.
 *
 * `lease` never skips an entry for good: insert order is not commit order, so it reads below the oldest running
 * transaction only (the snapshot's xmin), and while an entry of a key is leased or waits for its retry no later one of
 * that key (in that topic) is leased by anyone.
 */
export interface OutboxStore {
  /** Stores in the caller's transaction, all in one statement, so that a database may be given too. `notBeforeMs` delays the sending (Unix epoch, milliseconds). */
  append(
    tx: Executor,
    topic: string,
    envelopes: readonly Envelope[],
    options?: { readonly notBeforeMs?: number },
  ): Promise<void>;
  /** Takes up to `limit` entries in order for `leaseMs`; a lease that ran out is free to others. */
  lease(options: {
    readonly limit: number;
    readonly leaseMs: number;
    readonly signal: AbortSignal;
  }): Promise<readonly OutboxEntry[]>;
  /** Settles leased entries: sent ones go, failed ones wait `retryAfterMs` and keep their place. */
  settle(result: {
    readonly sent: readonly OutboxEntry[];
    readonly failed: readonly { readonly entry: OutboxEntry; readonly retryAfterMs: number }[];
  }): Promise<void>;
  /** How many wait, and how long the oldest has (milliseconds); also while an old transaction keeps them unreadable. */
  lag(): Promise<{ readonly count: number; readonly oldestMs: number }>;
}

import type { Executor } from "@parley/core";
import type { Envelope } from "@parley/transport";

/** An event that a group could not handle, or that waits behind such a one of its key. */
export interface DeadLetter {
  readonly id: string;
  readonly group: string;
  readonly topic: string;
  /** The original, unchanged. */
  readonly envelope: Envelope;
  /** Why: the code and message of the last error; or `blocked` with the id of the letter it waits behind. */
  readonly reason: { readonly code: string; readonly message: string };
  /** How often it was tried; 0 for a blocked one. */
  readonly attempts: number;
  readonly firstFailedAtMs: number;
  readonly deadAtMs: number;
  readonly state: DeadLetterState;
}

/** `waiting` for a person; `replaying`: asked to be handled again. A letter that was handled is removed. */
export type DeadLetterState = "waiting" | "replaying";

export interface DeadLetterFilter {
  readonly id?: string | undefined;
  readonly group?: string | undefined;
  readonly topic?: string | undefined;
  readonly key?: string | undefined;
  readonly state?: DeadLetterState | undefined;
  /** The code of the reason: `UNAVAILABLE`. */
  readonly code?: string | undefined;
  /** A text that the message of the reason contains, such as the name of the service that was down. */
  readonly cause?: string | undefined;
  /** In the order of arrival, at most this many. Default 100. */
  readonly limit?: number | undefined;
  /** Those after this id. */
  readonly after?: string | undefined;
}

/** Dead letters of a topic in a group. */
export interface DeadLetterCount {
  readonly topic: string;
  readonly group: string;
  readonly count: number;
  /** How long the oldest has been a dead letter. */
  readonly oldestMs: number;
}

/** Dead letters of one service, in its own database. */
export interface DeadLetterStore {
  /** Idempotent by group and event. */
  add(tx: Executor, letter: Omit<DeadLetter, "state" | "id">): Promise<void>;
  list(filter: DeadLetterFilter): Promise<readonly DeadLetter[]>;
  /** How many there are, in whatever state; topics and groups without any are left out. A store without this method reports no count. */
  counts?(): Promise<readonly DeadLetterCount[]>;
  /** Whether a letter of this group, topic and key is there: then later ones of the key must wait behind it. */
  blocks(tx: Executor, group: string, topic: string, key: string): Promise<boolean>;
  /**
   * A letter was tried again and failed: it keeps its place, waits, and has this reason and these attempts more. Where a
   * store lacks it, the letter waits with its old reason.
   */
  failedAgain?(
    tx: Executor,
    id: string,
    failure: { readonly reason: DeadLetter["reason"]; readonly attempts: number },
  ): Promise<void>;
  /** Changes the state of, or drops, those that match; returns how many. */
  update(filter: DeadLetterFilter, change: DeadLetterState | "drop", tx?: Executor): Promise<number>;
}

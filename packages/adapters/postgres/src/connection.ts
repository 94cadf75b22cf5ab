import type { QueryResult } from "@parley/core";

/**
 * The seam between what is the same for every PostgreSQL and what a driver does.
 *
 * - *connection*: one session of the server; runs one statement at a time.
 * - *driver*: lends connections to work and hears notifications. `pg/` and `embedded/` hold one each.
 */

/** What the server says about a statement. */
export interface Outcome extends QueryResult {
  /** The command tag's first word: `SELECT`, `COMMIT`, `ROLLBACK`. */
  readonly command: string;
}

/** When a piece of work must end. */
export interface Limits {
  /** Its abort ends the work with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** When the work ends with DEADLINE_EXCEEDED: milliseconds since the Unix epoch, or `Infinity` for never. */
  readonly deadlineMs: number;
}

export interface Statement {
  readonly text: string;
  /** Values in the text form that PostgreSQL reads; see `encodeParam`. */
  readonly params?: readonly (string | null)[];
  /** `"one"` takes parameters; `"script"` may hold several statements and takes none. */
  readonly kind: "one" | "script";
  /** The text comes again and again: worth keeping parsed. */
  readonly prepare?: boolean | undefined;
  /** Begins a transaction first, in the same round trip where that can be; if it cannot begin, the statement is not run. */
  readonly begin?: Isolation | undefined;
}

export type Isolation = "read committed" | "repeatable read" | "serializable";

/** The statement that begins a transaction. */
export const beginText = (isolation: Isolation): string => `BEGIN ISOLATION LEVEL ${isolation}`;

export interface Connection {
  /**
   * Runs a statement. When a limit ends it, the promise settles only after the server has stopped the statement or the
   * connection is gone, so that the next statement never meets the last one.
   * @throws ParleyError for whatever goes wrong; see `toDatabaseError`.
   */
  execute(statement: Statement, limits: Limits): Promise<Outcome>;
  /** Whether the session is inside BEGIN … COMMIT. */
  inTransaction(): boolean;
}

/** How far the connections of a database are used at this moment. */
export interface PoolUse {
  /** How many there may be. */
  readonly max: number;
  /** With a statement or transaction. */
  readonly inUse: number;
  /** Statements and transactions that wait for one. */
  readonly waiting: number;
}

export interface Driver {
  /**
   * Waits in line for a connection and runs `work` with it. A connection that is broken, or that `work` leaves in a
   * transaction, is not used again as it is.
   * @throws ParleyError RESOURCE_EXHAUSTED when the line is full.
   */
  use<T>(limits: Limits, work: (connection: Connection) => Promise<T>): Promise<T>;
  /** See `Database.listen` of the port. */
  listen(channel: string, onNotify: (payload: string | undefined) => void): Promise<{ close(): Promise<void> }>;
  poolUse(): PoolUse;
  /** Refuses new work, waits for what runs at most `limitMs` milliseconds, then disconnects. Idempotent. */
  close(limitMs: number): Promise<void>;
}

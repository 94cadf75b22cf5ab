/**
 * The port of storage. PostgreSQL and embedded PGlite stand behind it with the same SQL; parts that need to store
 * something take one of these and know neither.
 *
 * - *database*: the tables of one service.
 * - *executor*: whatever can run a statement: the database itself, or a transaction.
 */

/** One row, by column name. */
export type Row = Record<string, unknown>;

export interface QueryOptions {
  /** Cancels the statement on the server. Default the signal of the current call context. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Keeps the statement at its connection, parsed and planned, for when the same text comes again: a third of what a small
   * statement costs the server. For constants of the program alone. Default false.
   */
  readonly prepare?: boolean | undefined;
}

export interface QueryResult<R = Row> {
  readonly rows: R[];
  /** Rows that the statement read or changed. */
  readonly rowCount: number;
}

/** Runs statements. `$1`, `$2` stand for `params`. */
export interface Executor {
  /**
   * Runs one statement.
   * @throws ParleyError ALREADY_EXISTS for a broken unique constraint, FAILED_PRECONDITION for a foreign key or check,
   *   INVALID_ARGUMENT for a value that its column cannot hold, ABORTED for a serialization failure or deadlock,
   *   UNAVAILABLE when the server is gone, RESOURCE_EXHAUSTED when too many statements wait, DEADLINE_EXCEEDED or
   *   the signal's reason when a limit ended it, INTERNAL for the rest; the driver's error is the cause.
   */
  query<R = Row>(text: string, params?: readonly unknown[], options?: QueryOptions): Promise<QueryResult<R>>;
}

/** An executor whose statements commit together. Valid only while the function it was given to runs. */
export interface Transaction extends Executor {
  /** Runs after the commit has succeeded; not at all after a roll-back. For wake-ups, never for effects that must happen. */
  afterCommit(callback: () => void): void;
}

export interface TransactionOptions extends QueryOptions {
  /** Default `"read committed"`, PostgreSQL's own. */
  readonly isolation?: "read committed" | "repeatable read" | "serializable" | undefined;
}

export interface Database extends Executor {
  /** Commits when `work` resolves, rolls back when it rejects or the signal aborts. */
  transaction<T>(work: (tx: Transaction) => Promise<T>, options?: TransactionOptions): Promise<T>;
  /**
   * Calls `onNotify` for each NOTIFY on a channel, and `onNotify` with undefined after a reconnect, when some may have
   * been missed. A notification is a hint to look, never the truth.
   */
  listen(channel: string, onNotify: (payload: string | undefined) => void): Promise<{ close(): Promise<void> }>;
  /** Lets running statements finish, then disconnects. Idempotent. */
  close(): Promise<void>;
}

import { type Clock, type Logger, ParleyError, type QueryOptions, type Transaction } from "@parley/core";
import type { Connection, Isolation, Limits, Statement } from "./connection.ts";
import { abortError, DATABASE_ERROR_DOMAIN } from "./database-error.ts";
import { limitPassed, watchLimits } from "./limits.ts";
import { toStatement } from "./to-statement.ts";

export interface TransactionRun {
  readonly connection: Connection;
  readonly isolation: Isolation;
  /** When the whole transaction must have ended. */
  readonly limits: Limits;
  /** The limit of each statement in it. */
  readonly queryTimeoutMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** What a committed transaction leaves: its value, and the wake-ups to run once the connection is given back. */
export interface Committed<T> {
  readonly value: T;
  wakeUp(): void;
}

const WHAT = "the transaction";

/**
 * Runs `work` between BEGIN and COMMIT. BEGIN goes with the first statement, which spares a round trip; without a statement
 * there is no transaction. A limit that ends it rolls back at once, whether or not `work` listens: the transaction that
 * `work` still holds then refuses every statement.
 */
export async function runTransaction<T>(
  run: TransactionRun,
  work: (tx: Transaction) => Promise<T>,
): Promise<Committed<T>> {
  const { connection, limits } = run;
  const scope = openScope(run);
  try {
    const passed = limitPassed(limits, WHAT, run.clock);
    if (passed) throw passed;
    const value = await Promise.race([work(scope.transaction), scope.ended]);
    await scope.settle();
    if (scope.state() !== "unused") await commit(run);
    return { value, wakeUp: scope.wakeUp };
  } catch (error) {
    await scope.abandon(error);
    // A roll-back that fails leaves the session in its transaction, and the lease then drops the connection.
    // Whether one has begun with a statement that failed is not known before the server is ready again.
    if (connection.inTransaction() || scope.state() === "beginning")
      await connection.execute(plain("ROLLBACK"), net(run)).catch(() => {});
    throw error;
  } finally {
    scope.dispose();
  }
}

/** What is handed to `work`, and how it is taken away again. */
interface Scope {
  readonly transaction: Transaction;
  /** Rejects when a limit ends the transaction; never resolves. */
  readonly ended: Promise<never>;
  /** Refuses further statements and waits for those that run. Rejects if the transaction has ended meanwhile. */
  settle(): Promise<void>;
  /** Refuses further statements, stops the running one, and waits until the connection is free. */
  abandon(error: unknown): Promise<void>;
  /** `beginning` from the first statement on, `begun` when one has come back. */
  state(): "unused" | "beginning" | "begun";
  readonly wakeUp: () => void;
  dispose(): void;
}

function openScope({ connection, isolation, limits, queryTimeoutMs, clock, logger }: TransactionRun): Scope {
  const stop = new AbortController();
  const { promise: ended, reject } = Promise.withResolvers<never>();
  ended.catch(() => {});
  const callbacks: (() => void)[] = [];
  let open = true;
  let state: ReturnType<Scope["state"]> = "unused";
  /** Statements run one after the other, in the order in which they were given. */
  let last: Promise<unknown> = Promise.resolve();

  const end = (error: ParleyError): void => {
    open = false;
    stop.abort(error);
    reject(error);
  };
  const watch = watchLimits(limits, WHAT, clock, end);

  /** Each begins the transaction until one has: of one that did not get so far nothing was done. */
  const execute = async (statement: Statement, signal: AbortSignal) => {
    const begin = state === "begun" ? undefined : isolation;
    if (begin) state = "beginning";
    const outcome = await connection.execute(
      { ...statement, begin },
      { signal, deadlineMs: clock.now() + queryTimeoutMs },
    );
    state = "begun";
    return outcome;
  };

  const assertOpen = (): void => {
    if (stop.signal.aborted) throw abortError(stop.signal);
    if (!open)
      throw new ParleyError("INTERNAL", "the transaction is over; await its statements inside of its function");
  };

  return {
    ended,
    transaction: {
      async query<R>(text: string, params: readonly unknown[] = [], options: QueryOptions = {}) {
        assertOpen();
        const statement = toStatement(text, params, options);
        const signal = options.signal ? AbortSignal.any([options.signal, stop.signal]) : stop.signal;
        const result = last.then(() => execute(statement, signal));
        last = result.catch(() => {});
        const { rows, rowCount } = await result;
        return { rows: rows as R[], rowCount };
      },
      afterCommit(callback) {
        assertOpen();
        callbacks.push(callback);
      },
    },
    async settle() {
      open = false;
      await last;
      if (stop.signal.aborted) throw abortError(stop.signal);
    },
    async abandon(error) {
      open = false;
      stop.abort(error);
      await last;
    },
    state: () => state,
    wakeUp() {
      for (const callback of callbacks) {
        try {
          callback();
        } catch (error) {
          logger.error({ err: error }, "a callback after a commit failed");
        }
      }
    },
    dispose: watch.end,
  };
}

/** Once COMMIT is sent nothing interrupts it but the net: an interrupted commit is one whose outcome nobody knows. */
async function commit(run: TransactionRun): Promise<void> {
  let command: string;
  try {
    ({ command } = await run.connection.execute(plain("COMMIT"), net(run)));
  } catch (error) {
    if (!(error instanceof ParleyError) || !["UNAVAILABLE", "DEADLINE_EXCEEDED"].includes(error.code)) throw error;
    throw new ParleyError(
      "UNAVAILABLE",
      "the database was lost during the commit, which may or may not have happened",
      {
        cause: error,
        details: [{ type: "error_info", reason: "COMMIT_UNKNOWN", domain: DATABASE_ERROR_DOMAIN, metadata: {} }],
      },
    );
  }
  // The server answers a COMMIT after a failed statement with ROLLBACK, and with no error.
  if (command === "ROLLBACK") {
    throw new ParleyError("INTERNAL", "the transaction was rolled back, because one of its statements had failed");
  }
}

const plain = (text: string): Statement => ({ text, kind: "one", prepare: true });
const net = ({ clock, queryTimeoutMs }: TransactionRun): Limits => ({ deadlineMs: clock.now() + queryTimeoutMs });

import { AsyncLocalStorage } from "node:async_hooks";
import { type Clock, isParleyError, type Logger, type Timer } from "@parley/core";
import type { PostgresDatabase } from "@parley/postgres";
import { markOrigin } from "@parley/rpc/internal";

export interface DatabaseHealthOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called at each change. The state is `usable` until the first. */
  readonly onChange: (state: "usable" | "unusable") => void;
}

export interface DatabaseHealth {
  /** The same database; what its statements fail with is noticed. */
  readonly database: PostgresDatabase;
  /** Begins to ask the database itself. */
  start(): void;
  stop(): void;
}

/** How often a server is asked while all is well, and while it is not. */
const LOOK_EVERY_MS = 3_000;
const RETRY_EVERY_MS = 1_000;
const LOOK_LIMIT_MS = 2_000;
/** One look may be late because all connections are at work; a database that is frozen answers none. */
const LATE_LOOKS = 2;

/** Reasons of errors that say that the database, and not the statement, is at fault. */
const UNUSABLE: ReadonlySet<string> = new Set(["DATABASE_UNAVAILABLE", "DATABASE_FULL", "TOO_MANY_CONNECTIONS"]);
const READ_ONLY_SQLSTATE = "25006";

/** What peers are told of where a failure began: no address, no path. */
const DATABASE = "the database";

const READ = "SELECT 1";
/** Needs some pages of storage, which are given back at once: a full disk still answers what only reads. */
const WRITE =
  "CREATE TEMP TABLE parley_health ON COMMIT DROP AS SELECT md5(i::text) AS filler FROM generate_series(1, 2000) AS i";

/**
 * Watches whether a service's database can be used: by what statements fail with, and by asking. After a failure for want of
 * space, or because the server takes no writes, only a write says that it is over. An embedded database has one connection,
 * which may be busy for long, so it is asked only after a failure.
 */
export function watchDatabase(database: PostgresDatabase, options: DatabaseHealthOptions): DatabaseHealth {
  const { clock, logger, onChange } = options;
  // A statement's failure begins the looks; they must not carry the context of its call, whose deadline soon has passed.
  const detached = AsyncLocalStorage.snapshot();
  let failure: "none" | "reads" | "writes" = "none";
  let late = 0;
  let timer: Timer | undefined;
  let isStopped = true;

  function notice(error: unknown): void {
    const info = isParleyError(error) ? error.detail("error_info") : undefined;
    if (!info || !UNUSABLE.has(info.reason)) return;
    const isWrite = info.reason === "DATABASE_FULL" || info.metadata.sqlstate === READ_ONLY_SQLSTATE;
    // Reads go on: breakers of callers, which would refuse them too, must not count what fails behind a service that works.
    if (isWrite) markOrigin(error as Error, DATABASE);
    fail(isWrite ? "writes" : "reads", error);
  }

  function fail(what: "reads" | "writes", error: unknown): void {
    const before = failure;
    failure = before === "writes" ? before : what;
    if (before !== "none") return;
    logger.error({ err: error, database: database.location }, "the database cannot be used: health says not serving");
    onChange("unusable");
    schedule(RETRY_EVERY_MS);
  }

  async function look(): Promise<void> {
    const limit = new AbortController();
    const timeout = clock.setTimer(LOOK_LIMIT_MS, () => limit.abort(new Error("the database did not answer in time")));
    const { signal } = limit;
    try {
      if (failure === "writes") await database.transaction((tx) => tx.query(WRITE, [], { signal }), { signal });
      else await database.query(READ, [], { signal });
      late = 0;
      if (failure === "none" || isStopped) return;
      failure = "none";
      logger.info({ database: database.location }, "the database can be used again");
      onChange("usable");
    } catch (error) {
      late += 1;
      if (signal.aborted && late >= LATE_LOOKS) fail("reads", error);
      else notice(error);
    } finally {
      timeout.cancel();
    }
  }

  function schedule(afterMs: number): void {
    timer?.cancel();
    if (isStopped) return;
    timer = clock.setTimer(afterMs, () => void detached(look).then(scheduleNext)).unref();
  }

  function scheduleNext(): void {
    if (failure !== "none") schedule(RETRY_EVERY_MS);
    else if (database.kind === "postgres") schedule(LOOK_EVERY_MS);
  }

  return {
    database: {
      ...database,
      query(text, params, queryOptions) {
        const result = database.query(text, params, queryOptions);
        result.catch(notice);
        return result as never;
      },
      transaction(work, transactionOptions) {
        const result = database.transaction(work, transactionOptions);
        result.catch(notice);
        return result;
      },
    },
    start() {
      isStopped = false;
      scheduleNext();
    },
    stop() {
      isStopped = true;
      timer?.cancel();
    },
  };
}

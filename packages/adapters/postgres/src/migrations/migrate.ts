import { type Clock, type Logger, noopLogger, ParleyError, sleep, systemClock } from "@parley/core";
import { deadlineExceeded } from "@parley/core/internal";
import type { PostgresDatabase, Session } from "../postgres-database.ts";
import { quoteIdentifier } from "../quote-identifier.ts";
import { compareMigrations, DEFAULT_HISTORY, type MigrationStatus, readApplied } from "./migration-status.ts";
import { type Migration, readMigrations } from "./read-migrations.ts";

export interface MigrateOptions {
  /** How long to wait for another process that migrates the same database. Default 60,000. */
  readonly lockTimeoutMs?: number;
  readonly signal?: AbortSignal;
  /** The table that remembers what was applied; a set of tables with a history of its own names another. Default `parley_migrations`. */
  readonly history?: string;
  readonly logger?: Logger;
  readonly clock?: Clock;
}

const createTable = (history: string): string => `
  CREATE TABLE IF NOT EXISTS ${quoteIdentifier(history)} (
    version integer PRIMARY KEY,
    name text NOT NULL,
    checksum text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
  )`;

/**
 * Applies the migrations of a folder, or of a list, that the database does not have yet, in order, each in a transaction of its own
 * together with the note that it was applied: one that fails leaves nothing. A file that says
 * `-- parley: no-transaction` runs by itself, holds one statement, and must bear being run again.
 *
 * One process migrates a database at a time; the others wait, and then find nothing left to do.
 *
 * @returns what the database had, and what was applied now.
 * @throws ParleyError FAILED_PRECONDITION if files are wrong, or an applied one was changed or is gone; nothing is
 *   applied then. DEADLINE_EXCEEDED if another process held the lock for too long.
 */
export async function migrate(
  database: PostgresDatabase,
  source: string | URL | readonly Migration[],
  options: MigrateOptions = {},
): Promise<{ readonly before: number; readonly applied: readonly string[] }> {
  const { logger = noopLogger, signal, history = DEFAULT_HISTORY } = options;
  const migrations = typeof source === "string" || source instanceof URL ? await readMigrations(source) : source;
  return database.session(
    (session) =>
      whileLocked(session, options, async () => {
        await session.query(createTable(history));
        const status: MigrationStatus = compareMigrations(migrations, await readApplied(session, history));
        for (const migration of status.pending) {
          await apply(session, migration, history);
          logger.debug({ migration: migration.name, database: database.location }, "migration applied");
        }
        const { length: count } = status.pending;
        const last = status.pending.at(-1)?.name;
        if (count > 0) logger.info({ database: database.location, migrations: count, last }, "migrations applied");
        return { before: status.applied.length, applied: status.pending.map(({ name }) => name) };
      }),
    signal ? { signal } : {},
  );
}

async function apply(session: Session, migration: Migration, history: string): Promise<void> {
  try {
    if (migration.transaction === "own") await session.query("BEGIN");
    await session.script(migration.sql);
    await session.query(`INSERT INTO ${quoteIdentifier(history)} (version, name, checksum) VALUES ($1, $2, $3)`, [
      migration.version,
      migration.name,
      migration.checksum,
    ]);
    if (migration.transaction === "own") await session.query("COMMIT");
  } catch (cause) {
    if (session.inTransaction()) await session.query("ROLLBACK", [], afterAbort()).catch(() => {});
    const reason = cause instanceof ParleyError && cause.cause instanceof Error ? cause.cause.message : String(cause);
    throw new ParleyError("FAILED_PRECONDITION", `the migration ${migration.name} failed: ${reason}`, { cause });
  }
}

/** Cleaning up must not stop because the work was. */
const afterAbort = (): { readonly signal: AbortSignal } => ({ signal: new AbortController().signal });

const LOCK_POLL_MS = 100;
/** One key for each schema; advisory locks belong to the database already. */
const LOCK_KEY = "hashtextextended('parley_migrations ' || current_schema(), 0)";

/**
 * The lock is asked for again and again and not waited for in the server, because a session that waits there would
 * hold up the CREATE INDEX CONCURRENTLY of the one that has the lock, for ever.
 */
async function whileLocked<T>(session: Session, options: MigrateOptions, work: () => Promise<T>): Promise<T> {
  const { lockTimeoutMs = 60_000, clock = systemClock, signal } = options;
  const untilMs = clock.now() + lockTimeoutMs;
  for (;;) {
    const { rows } = await session.query<{ locked: boolean }>(`SELECT pg_try_advisory_lock(${LOCK_KEY}) AS locked`);
    if (rows[0]?.locked) break;
    if (clock.now() >= untilMs) throw deadlineExceeded("the wait for another process that migrates this database");
    await sleep(LOCK_POLL_MS, { signal, clock });
  }
  try {
    await session.query("SET statement_timeout = 0");
    return await work();
  } finally {
    // What fails here fails because the session is gone, and the lock and the setting with it.
    await session.query("RESET statement_timeout", [], afterAbort()).catch(() => {});
    await session.query(`SELECT pg_advisory_unlock(${LOCK_KEY})`, [], afterAbort()).catch(() => {});
  }
}

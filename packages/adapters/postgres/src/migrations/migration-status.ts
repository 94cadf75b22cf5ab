import { type Executor, ParleyError } from "@parley/core";
import type { PostgresDatabase } from "../postgres-database.ts";
import { quoteIdentifier } from "../quote-identifier.ts";
import { type Migration, readMigrations } from "./read-migrations.ts";

export interface AppliedMigration {
  readonly version: number;
  readonly name: string;
  readonly checksum: string;
  readonly appliedAt: Date;
}

export interface MigrationStatus {
  readonly applied: readonly AppliedMigration[];
  /** Those that the database does not have yet, in order. */
  readonly pending: readonly Migration[];
}

/**
 * Compares a folder of migrations, or a list, with a database, and changes neither.
 * @param history The table that remembers what was applied. Default `parley_migrations`.
 * @throws ParleyError FAILED_PRECONDITION if an applied migration was changed or is gone.
 */
export async function migrationStatus(
  database: PostgresDatabase,
  source: string | URL | readonly Migration[],
  { history }: { readonly history?: string } = {},
): Promise<MigrationStatus> {
  const migrations = typeof source === "string" || source instanceof URL ? await readMigrations(source) : source;
  return compareMigrations(migrations, await readApplied(database, history));
}

/**
 * The migrations that a database has never had, by their numbers alone, and changes nothing: what a start looks at. A database that
 * a newer release has migrated further lacks nothing, so the older one keeps running while instances are replaced.
 */
export async function missingMigrations(
  database: PostgresDatabase,
  source: string | URL | readonly Migration[],
  { history }: { readonly history?: string } = {},
): Promise<readonly Migration[]> {
  const migrations = typeof source === "string" || source instanceof URL ? await readMigrations(source) : source;
  const applied = new Set((await readApplied(database, history)).map(({ version }) => version));
  return migrations.filter(({ version }) => !applied.has(version));
}

export const DEFAULT_HISTORY = "parley_migrations";

/** What the database says was applied; nothing if it has never been migrated. */
export async function readApplied(
  executor: Executor,
  history: string = DEFAULT_HISTORY,
): Promise<readonly AppliedMigration[]> {
  const { rows: tables } = await executor.query("SELECT 1 FROM to_regclass($1) AS t WHERE t IS NOT NULL", [
    quoteIdentifier(history),
  ]);
  if (tables.length === 0) return [];
  const { rows } = await executor.query<AppliedMigration>(
    `SELECT version, name, checksum, applied_at AS "appliedAt" FROM ${quoteIdentifier(history)} ORDER BY version`,
  );
  return rows;
}

/** @throws ParleyError FAILED_PRECONDITION that names every migration on which the two disagree. */
export function compareMigrations(
  migrations: readonly Migration[],
  applied: readonly AppliedMigration[],
): MigrationStatus {
  const problems = applied.flatMap(({ name, version, checksum }) => {
    const file = migrations[version - 1];
    if (!file) return [`${name} was applied, and its file is gone`];
    if (file.name !== name) return [`${name} was applied, and its file is now called ${file.name}`];
    return file.checksum === checksum ? [] : [`${name} was changed after it was applied`];
  });
  if (problems.length > 0) {
    const remedy = "put the applied files back as they were, and make changes in a new file";
    throw new ParleyError(
      "FAILED_PRECONDITION",
      `the migrations do not fit the database: ${problems.join("; ")}; ${remedy}`,
    );
  }
  return { applied, pending: migrations.slice(applied.length) };
}

import { createDatabase } from "./create-database.ts";
import { createEmbedded } from "./embedded/create-embedded.ts";
import { migrate } from "./migrations/migrate.ts";
import { cannotConnect } from "./pg/cannot-connect.ts";
import { locationOf } from "./pg/client-config.ts";
import { createPgDriver } from "./pg/pg-driver.ts";
import { warnUnsafeSettings } from "./pg/warn-unsafe-settings.ts";
import type { PostgresDatabase } from "./postgres-database.ts";
import {
  type DatabaseOptions,
  type ResolvedDatabaseOptions,
  resolveDatabaseOptions,
} from "./resolve-database-options.ts";

/** Where the database is. */
export type DatabaseAddress =
  /**
   * A server: `postgres://user:password@host:5432/database`, with the parameters that libpq knows, as `sslmode`.
   * `pgbouncer=true` prepares no statements: for PgBouncer before 1.21, or without `max_prepared_statements`.
   */
  | { readonly url: string }
  /** Embedded: a folder (or `"memory:"`) and the schema of this service in it. See `createEmbedded`. */
  | { readonly dataDir: string; readonly schema: string };

export type OpenDatabaseOptions = DatabaseAddress &
  DatabaseOptions & {
    /** A folder of numbered SQL files to apply before the database is handed out. Default none. */
    readonly migrations?: string | URL | undefined;
  };

/**
 * Opens a database, looks whether it answers, and brings it up to date.
 * @throws TypeError for options that cannot be; ParleyError UNAVAILABLE if the server cannot be reached,
 *   FAILED_PRECONDITION if it refuses the user, has no such database, or the migrations do not fit it.
 */
export async function openDatabase(options: OpenDatabaseOptions): Promise<PostgresDatabase> {
  const resolved = resolveDatabaseOptions(options);
  const database = "url" in options ? await openServer(options.url, resolved) : await openEmbedded(options);
  try {
    if (options.migrations !== undefined) await migrate(database, options.migrations, resolved);
    return database;
  } catch (error) {
    await database.close();
    throw error;
  }
}

async function openServer(url: string, options: ResolvedDatabaseOptions): Promise<PostgresDatabase> {
  const location = locationOf(url);
  const driver = createPgDriver({ ...options, url, location });
  const database = createDatabase(driver, { kind: "postgres", location }, options);
  try {
    await warnUnsafeSettings(database, location, options.logger);
    return database;
  } catch (error) {
    await database.close();
    throw cannotConnect(location, error);
  }
}

async function openEmbedded(options: { readonly dataDir: string; readonly schema: string }): Promise<PostgresDatabase> {
  const embedded = await createEmbedded(options);
  try {
    const database = await embedded.database(options.schema);
    return { ...database, close: () => embedded.close() };
  } catch (error) {
    await embedded.close();
    throw error;
  }
}

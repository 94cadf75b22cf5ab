import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { type Clock, failedPrecondition, type Logger, ParleyError } from "@parley/core";
import type { PostgresDatabase } from "@parley/postgres";
import type { DatabaseDefinition, ServiceDefinition } from "parleyjs";
import { eventsDatabaseName, storesEvents } from "parleyjs/internal";
import type { DatabaseConfig, ResolvedConfig } from "../config/resolved-config.ts";
import type { Telemetry } from "./telemetry.ts";

/** The folder within the data folder of the log of events, when one process has it for all parts. */
export const EVENTS_STORE = "events";
/** The folder that all services of a process shared before each had its own: their data is copied out of it once. */
export const COMMON_STORE = "system";

/** The databases of the services in this process. */
export interface Databases {
  /** Opens and, where the configuration says so, makes and migrates the database of a service; the same one each time. */
  open(service: ServiceDefinition): Promise<PostgresDatabase | undefined>;
  /** Opens the embedded log of events; the same one each time. */
  openEventLog(): Promise<PostgresDatabase>;
  /** Closes all that were opened, those that are still opening included. */
  close(): Promise<void>;
}

export interface DatabasesOptions {
  readonly config: ResolvedConfig;
  /** The system's name. */
  readonly system: string;
  /** The system's folder. */
  readonly directory: string;
  /** The folder within the data folder of the log of events, {@link EVENTS_STORE} unless a part runs alone. */
  readonly eventStore: string;
  readonly telemetry: Telemetry;
  readonly clock: Clock;
}

export function createDatabases({
  config,
  system,
  directory,
  eventStore,
  telemetry,
  clock,
}: DatabasesOptions): Databases {
  const opened = new Map<string, Promise<PostgresDatabase>>();
  /** Its pool is among the metrics as long as it is open. */
  const measured = (part: string, database: PostgresDatabase): PostgresDatabase => {
    const stop = telemetry.metrics.connections.pool({ part, database: database.location }, () => database.poolUse());
    return {
      ...database,
      close() {
        stop();
        return database.close();
      },
    };
  };
  /** One after the other: a folder can be open once only. */
  let adopting: Promise<unknown> = Promise.resolve();
  const folderOf = async (store: string, log: Logger): Promise<string> => {
    const folder = join(config.dataDir, store);
    const adopted = adopting.then(() => adoptCommonStore(config.dataDir, folder, log));
    adopting = adopted.catch(() => {});
    await adopted;
    return folder;
  };
  const openOne = async (
    definition: ServiceDefinition,
    database: DatabaseDefinition,
    where: DatabaseConfig,
  ): Promise<PostgresDatabase> => {
    const { name: service } = definition;
    const { createDatabaseIfMissing, migrateEventStores, openDatabase } = await import("@parley/postgres");
    const log: Logger = telemetry.loggerOf(service);
    if (where.kind === "server" && config.mode === "development") await createDatabaseIfMissing(where.url);
    const place =
      where.kind === "server" ? { url: where.url } : { dataDir: await folderOf(service, log), schema: where.schema };
    const atStart = config.migrations === "at-start";
    const opened = await openDatabase({
      ...place,
      ...(atStart && { migrations: migrationsPath(directory, database) }),
      queryTimeoutMs: config.timeouts.databaseMs,
      maxConnections: config.limits.databaseConnections,
      logger: log,
      clock,
    });
    try {
      const keepsEvents = storesEvents(definition);
      if (atStart && keepsEvents) await migrateEventStores(opened, { logger: quiet(log), clock });
      if (!atStart) {
        await assertMigrated(opened, { service, migrations: migrationsPath(directory, database), keepsEvents });
      }
      return measured(service, opened);
    } catch (error) {
      await opened.close();
      throw error;
    }
  };
  const openLog = async (): Promise<PostgresDatabase> => {
    const { openDatabase } = await import("@parley/postgres");
    const opened = await openDatabase({
      dataDir: await folderOf(eventStore, telemetry.loggerOf(system)),
      schema: eventsDatabaseName(system),
      queryTimeoutMs: config.timeouts.databaseMs,
      logger: telemetry.loggerOf(system),
      clock,
    });
    return measured(system, opened);
  };
  let log: Promise<PostgresDatabase> | undefined;
  return {
    async open(service) {
      const { name, database } = service;
      const where = config.databases.get(name);
      if (!database || !where) return undefined;
      let opening = opened.get(name);
      if (!opening) {
        opening = openOne(service, database, where);
        opened.set(name, opening);
      }
      try {
        return await opening;
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        throw new ParleyError(
          "FAILED_PRECONDITION",
          `the database ${database.name} of ${name} cannot be opened: ${reason}`,
          {
            cause: error,
          },
        );
      }
    },
    openEventLog() {
      log ??= openLog();
      return log;
    },
    async close() {
      const databases = await Promise.allSettled([...opened.values(), ...(log ? [log] : [])]);
      // One that never opened has told its service why.
      const open = databases.flatMap((database) => (database.status === "fulfilled" ? [database.value] : []));
      await Promise.all(open.map((database) => database.close()));
    },
  };
}

/** What was stored while all services of a process shared one folder. */
async function adoptCommonStore(dataDir: string, folder: string, log: Logger): Promise<void> {
  const { adoptFolder } = await import("@parley/postgres");
  const common = join(dataDir, COMMON_STORE);
  if (await adoptFolder({ from: common, to: folder })) {
    log.info({ from: common, to: folder }, "the data was copied to a folder of its own; the old one is used no more");
  }
}

interface MigratedOptions {
  readonly service: string;
  /** The folder of the service's own migrations. */
  readonly migrations: string;
  /** Whether the database holds the tables of events and jobs too. */
  readonly keepsEvents: boolean;
}

/** A service that would fail at its first statement does not start. */
async function assertMigrated(
  database: PostgresDatabase,
  { service, migrations, keepsEvents }: MigratedOptions,
): Promise<void> {
  const { EVENT_MIGRATIONS_HISTORY, eventMigrations, missingMigrations } = await import("@parley/postgres");
  const own = await missingMigrations(database, migrations);
  const events = keepsEvents
    ? await missingMigrations(database, eventMigrations, { history: EVENT_MIGRATIONS_HISTORY })
    : [];
  const names = [...own.map(({ name }) => name), ...events.map(({ name }) => `parley/${name}`)];
  if (names.length === 0) return;
  throw failedPrecondition(
    `it lacks ${names.length === 1 ? "the migration" : `${names.length} migrations:`} ${names.join(", ")}; ` +
      `run parley migrate up ${service}, or start with --migrate`,
  );
}

/** The folder of a database's migrations. */
export function migrationsPath(directory: string, { migrations }: DatabaseDefinition): string {
  return migrations instanceof URL ? fileURLToPath(migrations) : resolve(directory, migrations);
}

/** Logs one line per database for its migrations at `info`; those of Parley's own tables are logged at `debug`. */
function quiet(log: Logger): Logger {
  return { debug: log.debug, info: log.debug, warn: log.warn, error: log.error };
}

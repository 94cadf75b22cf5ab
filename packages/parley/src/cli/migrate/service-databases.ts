import { existsSync } from "node:fs";
import { join } from "node:path";
import { ParleyError } from "@parley/core";
import { createDatabaseIfMissing, openDatabase, type PostgresDatabase } from "@parley/postgres";
import { didYouMean } from "../../config/did-you-mean.ts";
import { resolveConfig } from "../../config/resolve-config.ts";
import type { DatabaseConfig, ResolvedConfig } from "../../config/resolved-config.ts";
import { migrationsPath } from "../../runtime/databases.ts";
import { type LoadedSystem, loadSystem } from "../../runtime/load-system.ts";
import { isMissingDatabase } from "../missing-database.ts";

/** The database of one service, and where its migrations lie. */
export interface ServiceDatabase {
  readonly service: string;
  readonly name: string;
  readonly migrationsDir: string;
  /** Whether it holds the tables of events and jobs too. */
  readonly eventTables: ResolvedConfig["eventTables"];
  /** Undefined if there is no such database yet. */
  readonly database: PostgresDatabase | undefined;
}

export interface ServiceDatabasesOptions {
  /** One service; default all that have a database. */
  readonly service?: string | undefined;
  /** What to do about a database that is not there. It is made in development only, as at a start. */
  readonly missing: "make" | "leave";
  readonly env: NodeJS.ProcessEnv;
}

/**
 * Opens the databases of a system, one after another, gives each to `work`, and closes it.
 * @throws ParleyError NOT_FOUND for a service that is not there or has no database, and whatever opening one throws.
 */
export async function forEachDatabase<T>(
  dir: string,
  { service, missing, env }: ServiceDatabasesOptions,
  work: (database: ServiceDatabase) => Promise<T>,
): Promise<readonly T[]> {
  const system = await loadSystem(dir);
  const config = await resolveConfig(system, { env });
  const results: T[] = [];
  for (const { name, database: definition } of servicesWithDatabase(system, service)) {
    const where = config.databases.get(name);
    if (!where) continue;
    const database = missing === "make" ? await make(where, config) : await openIfThere(where, config);
    try {
      const migrationsDir = migrationsPath(system.directory, definition);
      const { eventTables } = config;
      results.push(await work({ service: name, name: definition.name, migrationsDir, eventTables, database }));
    } finally {
      await database?.close();
    }
  }
  return results;
}

async function make(where: DatabaseConfig, config: ResolvedConfig): Promise<PostgresDatabase> {
  if (where.kind === "server" && config.mode === "development") await createDatabaseIfMissing(where.url);
  return open(where, config);
}

async function openIfThere(where: DatabaseConfig, config: ResolvedConfig): Promise<PostgresDatabase | undefined> {
  if (where.kind === "embedded" && !existsSync(embeddedDir(config))) return undefined;
  try {
    return await open(where, config);
  } catch (error) {
    if (isMissingDatabase(error)) return undefined;
    throw error;
  }
}

function open(where: DatabaseConfig, config: ResolvedConfig): Promise<PostgresDatabase> {
  return openDatabase(
    where.kind === "server" ? { url: where.url } : { dataDir: embeddedDir(config), schema: where.schema },
  );
}

/** Where a system that runs in one process keeps its embedded database. */
function embeddedDir({ dataDir }: ResolvedConfig): string {
  return join(dataDir, "system");
}

function servicesWithDatabase({ definition }: LoadedSystem, wanted: string | undefined) {
  const services = definition.services.flatMap(({ name, database }) => (database ? [{ name, database }] : []));
  if (wanted === undefined) return services;
  const found = services.filter(({ name }) => name === wanted);
  if (found.length > 0) return found;
  const names = services.map(({ name }) => name);
  throw new ParleyError(
    "NOT_FOUND",
    `no service ${JSON.stringify(wanted)} with a database${didYouMean(wanted, names)}; there is ${names.join(", ") || "none"}`,
  );
}

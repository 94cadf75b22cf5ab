import { existsSync } from "node:fs";
import { join } from "node:path";
import { ParleyError } from "@parley/core";
import { createDatabaseIfMissing, openDatabase, type PostgresDatabase } from "@parley/postgres";
import { didYouMean } from "../../config/did-you-mean.ts";
import { resolveConfig } from "../../config/resolve-config.ts";
import type { DatabaseConfig, ResolvedConfig } from "../../config/resolved-config.ts";
import { migrationsPath, WHOLE_SYSTEM } from "../../runtime/databases.ts";
import { type LoadedSystem, loadSystem } from "../../runtime/load-system.ts";
import { isMissingDatabase } from "../missing-database.ts";

/** The database of one service, and where its migrations lie. */
export interface ServiceDatabase {
  readonly service: string;
  readonly name: string;
  /** The folder of an embedded database; undefined for one on a server. */
  readonly folder: string | undefined;
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
  const services = servicesWithDatabase(system, service);
  // Set by name it is for parts that run apart; without it only `parley dev` stores in the data folder.
  const store = env.PARLEY_DATABASE === "embedded" ? "part" : "system";
  const config = await resolveConfig(system, { env, parts: [], databasesOf: services.map(({ name }) => name) });
  const results: T[] = [];
  for (const { name, database: definition } of services) {
    const where = config.databases.get(name);
    if (!where) continue;
    for (const place of placesOf(where, { service: name, store, config })) {
      const database = missing === "make" ? await make(place, config) : await openIfThere(place);
      try {
        const migrationsDir = migrationsPath(system.directory, definition);
        const { eventTables } = config;
        const folder = place.dataDir;
        results.push(
          await work({ service: name, name: definition.name, folder, migrationsDir, eventTables, database }),
        );
      } finally {
        await database?.close();
      }
    }
  }
  return results;
}

/** What `openDatabase` needs to know. */
type Place =
  | { readonly url: string; readonly dataDir?: undefined }
  | { readonly dataDir: string; readonly schema: string };

interface PlaceOptions {
  readonly service: string;
  /** Which folder is made if there is none: that of a part which runs alone, or that of the whole system in one process. */
  readonly store: "part" | "system";
  readonly config: ResolvedConfig;
}

/** Where the database is; the embedded one of a service may lie in two folders, and both are then kept up to date. */
function placesOf(where: DatabaseConfig, { service, store, config: { dataDir } }: PlaceOptions): readonly Place[] {
  if (where.kind === "server") return [{ url: where.url }];
  const own = join(dataDir, service);
  const common = join(dataDir, WHOLE_SYSTEM);
  const [first, other] = store === "part" ? [own, common] : [common, own];
  return (existsSync(other) ? [first, other] : [first]).map((folder) => ({ dataDir: folder, schema: where.schema }));
}

async function make(place: Place, { mode }: ResolvedConfig): Promise<PostgresDatabase> {
  if (place.dataDir === undefined && mode === "development") await createDatabaseIfMissing(place.url);
  return openDatabase(place);
}

async function openIfThere(place: Place): Promise<PostgresDatabase | undefined> {
  if (place.dataDir !== undefined && !existsSync(place.dataDir)) return undefined;
  try {
    return await openDatabase(place);
  } catch (error) {
    if (isMissingDatabase(error)) return undefined;
    throw error;
  }
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

import { existsSync } from "node:fs";
import { join } from "node:path";
import { ParleyError } from "@parley/core";
import { adoptFolder, createDatabaseIfMissing, openDatabase, type PostgresDatabase } from "@parley/postgres";
import type { DatabaseConfig, ResolvedConfig } from "@parley/runtime";
import { type LoadedSystem, loadSystem, migrationsPath, resolveConfig } from "@parley/runtime";
import { COMMON_STORE } from "@parley/runtime/internal";
import { didYouMean, storesEvents } from "parleyjs/internal";
import { isMissingDatabase } from "../missing-database.ts";

/** The database of one service, and where its migrations lie. */
export interface ServiceDatabase {
  readonly service: string;
  readonly name: string;
  /** The folder of an embedded database; undefined for one on a server. */
  readonly folder: string | undefined;
  readonly migrationsDir: string;
  /** Whether it holds the tables of events and jobs too. */
  readonly storesEvents: boolean;
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
  const config = await resolveConfig(system, {
    env,
    parts: [],
    databasesOf: services.map(({ service: { name } }) => name),
  });
  const results: T[] = [];
  for (const { service: owner, database: definition } of services) {
    const { name } = owner;
    const where = config.databases.get(name);
    if (!where) continue;
    const place = await placeOf(where, { service: name, missing, config });
    const database = missing === "make" ? await make(place, config) : await openIfThere(place);
    try {
      const migrationsDir = migrationsPath(system.directory, definition);
      const folder = place.dataDir;
      const target = { service: name, name: definition.name, folder, migrationsDir, database };
      results.push(await work({ ...target, storesEvents: storesEvents(owner) }));
    } finally {
      await database?.close();
    }
  }
  return results;
}

/** What `openDatabase` needs to know. */
type Place =
  | { readonly url: string; readonly dataDir?: undefined }
  | { readonly dataDir: string; readonly schema: string };

interface PlaceOptions extends Pick<ServiceDatabasesOptions, "missing"> {
  readonly service: string;
  readonly config: ResolvedConfig;
}

/** Where the database is. What a service stored in the folder that all shared once is copied, as at a start, or only looked at. */
async function placeOf(where: DatabaseConfig, { service, missing, config: { dataDir } }: PlaceOptions): Promise<Place> {
  if (where.kind === "server") return { url: where.url };
  const own = join(dataDir, service);
  const common = join(dataDir, COMMON_STORE);
  if (missing === "make") await adoptFolder({ from: common, to: own });
  const isCommon = !existsSync(join(own, "postgres")) && existsSync(join(common, "postgres"));
  return { dataDir: isCommon ? common : own, schema: where.schema };
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
  const services = definition.services.flatMap((service) =>
    service.database ? [{ service, database: service.database }] : [],
  );
  if (wanted === undefined) return services;
  const found = services.filter(({ service }) => service.name === wanted);
  if (found.length > 0) return found;
  const names = services.map(({ service }) => service.name);
  throw new ParleyError(
    "NOT_FOUND",
    `no service ${JSON.stringify(wanted)} with a database${didYouMean(wanted, names)}; there is ${names.join(", ") || "none"}`,
  );
}

import { createEmbedded, type DatabaseOptions, openDatabase, type PostgresDatabase } from "@parley/postgres";
import { afterAll } from "vitest";
import { type RealPostgres, realPostgres } from "../../src/testing/real-postgres.ts";
import { freshName } from "../../src/testing/with-database.ts";

/** A kind of database that a test file runs on. */
export interface Subject {
  readonly name: string;
  /** Opens the same empty tables as often as it is asked; `fresh` begins new ones. */
  open(options?: DatabaseOptions): Promise<PostgresDatabase>;
  fresh(): void;
  /** Whether transactions run side by side. */
  readonly isConcurrent: boolean;
  /** The server, and the address of the database on it; undefined for the embedded one. */
  readonly server?: { readonly url: string; readonly admin: RealPostgres };
}

/** The embedded database, and a real server if there is one. Those that a test leaves open are closed after the file. */
export async function subjects(): Promise<readonly Subject[]> {
  const host = await createEmbedded({ dataDir: "memory:" });
  const opened: PostgresDatabase[] = [];
  const keep = async (opening: Promise<PostgresDatabase>): Promise<PostgresDatabase> => {
    const database = await opening;
    opened.push(database);
    return database;
  };
  afterAll(async () => {
    await Promise.all(opened.map((database) => database.close()));
    await host.close();
  });
  let schema = freshName();
  const embedded: Subject = {
    name: "embedded PGlite",
    isConcurrent: false,
    open: (options) => keep(host.database(schema, options)),
    fresh: () => {
      schema = freshName();
    },
  };
  const admin = await realPostgres();
  if (!admin) return [embedded];
  const url = admin.newDatabase();
  const made = new Set<string>();
  const real: Subject = {
    name: "PostgreSQL",
    isConcurrent: true,
    server: { url, admin },
    async open(options) {
      if (!made.has(schema)) await admin.query(`CREATE SCHEMA IF NOT EXISTS ${schema}`, { url });
      made.add(schema);
      return keep(
        openDatabase({ url: `${url}?options=${encodeURIComponent(`-c search_path=${schema}`)}`, ...options }),
      );
    },
    fresh: embedded.fresh,
  };
  return [embedded, real];
}

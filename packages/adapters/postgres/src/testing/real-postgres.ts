import { randomBytes } from "node:crypto";
import pg from "pg";
import { afterAll, beforeAll } from "vitest";
import { createDatabaseIfMissing } from "../pg/create-database-if-missing.ts";

/** Where `npm run services up` puts the server; PARLEY_TEST_POSTGRES_URL names another. */
const DEFAULT_SERVER_URL = "postgres://postgres:postgres@127.0.0.1:5432/postgres";

/** A PostgreSQL server on which tests make databases of their own. */
export interface RealPostgres {
  /** The address of an empty database for the tests of one file. It is dropped after them. */
  newDatabase(): string;
  /** The address of a database that is not there. Whoever makes it, it is dropped after the tests of the file. */
  missingDatabase(): string;
  /** Runs a statement as the administrator of the server, or in another database of it. */
  query(sql: string, options?: { readonly params?: readonly unknown[]; readonly url?: string }): Promise<QueryAnswer>;
}

export interface QueryAnswer {
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  readonly rowCount: number | null;
}

/** A server that tests may use; undefined if none is reachable, which is said, and which in CI is a failure. */
export async function realPostgres(): Promise<RealPostgres | undefined> {
  const serverUrl = process.env.PARLEY_TEST_POSTGRES_URL ?? DEFAULT_SERVER_URL;
  const query: RealPostgres["query"] = (sql, { params = [], url = serverUrl } = {}) => queryOnce(url, sql, params);
  try {
    await query("SELECT 1");
  } catch (error) {
    const { host } = new URL(serverUrl);
    const why = `no PostgreSQL at ${host} (start it with "npm run services up"): ${String(error)}`;
    if (process.env.CI === "true") throw new Error(why, { cause: error });
    process.stderr.write(`left out the tests on a real server: ${why}\n`);
    return undefined;
  }
  const missingDatabase = (): string => {
    const name = `parley_test_${randomBytes(6).toString("hex")}`;
    afterAll(async () => void (await query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)));
    const url = new URL(serverUrl);
    url.pathname = `/${name}`;
    return url.href;
  };
  return {
    query,
    missingDatabase,
    newDatabase() {
      const url = missingDatabase();
      beforeAll(async () => void (await createDatabaseIfMissing(url)));
      return url;
    },
  };
}

async function queryOnce(url: string, sql: string, params: readonly unknown[]): Promise<QueryAnswer> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  // A connection that breaks also fails its statement, and that is heard.
  client.on("error", () => {});
  try {
    await client.connect();
    const { rows, rowCount } = await client.query(sql, [...params]);
    return { rows, rowCount };
  } finally {
    await client.end();
  }
}

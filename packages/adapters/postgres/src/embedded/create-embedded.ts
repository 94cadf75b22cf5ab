import { ParleyError } from "@parley/core";
import { createDatabase } from "../create-database.ts";
import type { PostgresDatabase } from "../postgres-database.ts";
import { quoteIdentifier } from "../quote-identifier.ts";
import { type DatabaseOptions, resolveDatabaseOptions } from "../resolve-database-options.ts";
import { createEmbeddedDriver } from "./embedded-driver.ts";
import { joinEngine } from "./shared-engine.ts";

export interface EmbeddedOptions extends Omit<DatabaseOptions, "maxConnections"> {
  /** The folder that holds the data, made if it is missing; or `"memory:"` for one that vanishes with its process. */
  readonly dataDir: string;
}

/** PostgreSQL inside of the process: PGlite. Nothing to install, one folder of data, real SQL. */
export interface Embedded {
  /** A database of its own for a service: a schema, made if it is missing, that unqualified names mean. */
  database(schema: string, options?: Omit<DatabaseOptions, "maxConnections">): Promise<PostgresDatabase>;
  /** Closes its databases, and the engine when nobody else in the process uses the folder. Idempotent. */
  close(): Promise<void>;
}

/**
 * Opens an embedded PostgreSQL. All who open one folder in a process share its engine; a second process is refused.
 *
 * For development and tests. What differs from a server:
 *
 * - There is one connection, which all databases of the folder share, first come, first served. While a transaction is
 *   open everything else waits, so a statement on the database itself inside of a transaction is refused at once. So is a
 *   statement of a call that such a transaction waits for, with FAILED_PRECONDITION, across services and processes. Give each
 *   service a folder of its own, as `parley dev` does, and calls to other services just work.
 * - A statement that runs blocks the process and cannot be cancelled. Limits hold between statements.
 * - Services of one folder hear each other's notifications on channels of the same name.
 * - Data survives the end of the process, also by force; it may not survive a loss of power, because nothing is
 *   flushed to the disk.
 *
 * @throws ParleyError FAILED_PRECONDITION if another process has the folder open or its data is of another version.
 */
export async function createEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  const { dataDir } = options;
  if (typeof dataDir !== "string" || dataDir === "") throw new TypeError(`dataDir must be a path, got ${dataDir}`);
  const shared = await joinEngine(dataDir, resolveDatabaseOptions(options));
  const databases = new Set<PostgresDatabase>();
  let closing: Promise<void> | undefined;

  const close = async (): Promise<void> => {
    await Promise.all([...databases].map((database) => database.close()));
    await shared.leave();
  };

  return {
    async database(schema, own = {}) {
      assertSchema(schema);
      if (closing) throw new ParleyError("UNAVAILABLE", `the embedded database ${dataDir} is closed`);
      const resolved = resolveDatabaseOptions({ ...options, ...own });
      const location = `${dataDir}#${schema}`;
      const driver = createEmbeddedDriver({ shared, schema, ...resolved });
      const statement = { text: `CREATE SCHEMA IF NOT EXISTS ${quoteIdentifier(schema)}`, kind: "one" } as const;
      const limits = { deadlineMs: resolved.clock.now() + resolved.queryTimeoutMs };
      await driver.use(limits, (connection) => connection.execute(statement, limits));
      const opened = createDatabase(driver, { kind: "embedded", location }, resolved);
      const database: PostgresDatabase = {
        ...opened,
        close: () => opened.close().finally(() => databases.delete(database)),
      };
      databases.add(database);
      return database;
    },
    close() {
      closing ??= close();
      return closing;
    },
  };
}

/** PostgreSQL cuts longer names off in silence, and keeps those that begin with `pg_` for itself. */
const MAX_NAME_BYTES = 63;

function assertSchema(schema: string): void {
  const fits = Buffer.byteLength(schema) <= MAX_NAME_BYTES && !schema.startsWith("pg_") && !schema.includes("\0");
  if (schema !== "" && fits) return;
  throw new TypeError(
    `schema must be a name of 1 to ${MAX_NAME_BYTES} bytes that does not begin with pg_, got "${schema}"`,
  );
}

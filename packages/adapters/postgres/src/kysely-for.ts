import type { Executor } from "@parley/core";
import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
} from "kysely";

/**
 * Typed queries on a database or a transaction.
 *
 * `DB` maps each table to its columns, in the types that the database gives back: `bigint` columns are bigint,
 * `numeric` ones string, `timestamptz` ones Date (see `parse-value.ts`); Kysely's `Generated` and `ColumnType` say what
 * differs for inserts. Making one is cheap: make one for each transaction.
 *
 * ```ts
 * await database.transaction(async (tx) => {
 *   await kyselyFor<Tables>(tx).insertInto("users").values({ name }).execute();
 * });
 * ```
 *
 * Transactions are begun on the database, not on Kysely, so that queries of either kind can share one. Kysely's own
 * `transaction()` and `stream()` reject.
 */
export function kyselyFor<DB>(executor: Executor): Kysely<DB> {
  const dialect: Dialect = {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => createDriver(executor),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  };
  return new Kysely<DB>({ dialect });
}

const NO_TRANSACTION = "begin transactions with database.transaction, and give kyselyFor the transaction";

function createDriver(executor: Executor): Driver {
  const connection: DatabaseConnection = {
    async executeQuery<R>({ sql, parameters }: CompiledQuery, options?: { readonly signal?: AbortSignal }) {
      const { rows, rowCount } = await executor.query<R>(sql, parameters, { signal: options?.signal });
      return { rows, numAffectedRows: BigInt(rowCount) };
    },
    // biome-ignore lint/correctness/useYield: Kysely's interface asks for a generator; this one only refuses
    async *streamQuery() {
      throw new TypeError("Parley's databases do not stream rows; read them in pages");
    },
  };
  const refuse = async (): Promise<never> => {
    throw new TypeError(NO_TRANSACTION);
  };
  return {
    init: async () => {},
    acquireConnection: async () => connection,
    beginTransaction: refuse,
    commitTransaction: refuse,
    rollbackTransaction: refuse,
    releaseConnection: async () => {},
    destroy: async () => {},
  };
}

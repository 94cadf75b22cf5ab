import { currentContext, ParleyError, type QueryOptions } from "@parley/core";
import type { Connection, Driver, Limits } from "./connection.ts";
import type { PostgresDatabase, Session } from "./postgres-database.ts";
import type { ResolvedDatabaseOptions } from "./resolve-database-options.ts";
import { toScript, toStatement } from "./to-statement.ts";
import { runTransaction } from "./transaction.ts";

const LONE_BEGIN = "a transaction begun with a statement of its own is rolled back; use database.transaction";

/** Puts a driver behind the port: limits, parameters and transactions are the same for every driver. */
export function createDatabase(
  driver: Driver,
  identity: Pick<PostgresDatabase, "kind" | "location">,
  options: ResolvedDatabaseOptions,
): PostgresDatabase {
  const { clock, logger, queryTimeoutMs, transactionTimeoutMs, closeTimeoutMs } = options;

  /** The sooner of our limit and the call's deadline; the signal given, or the call's. */
  const limitsOf = (limitMs: number, signal?: AbortSignal): Limits => {
    const context = currentContext();
    const ownMs = clock.now() + limitMs;
    return { signal: signal ?? context?.signal, deadlineMs: Math.min(ownMs, context?.deadlineMs ?? ownMs) };
  };

  return {
    ...identity,
    async query<R>(text: string, params: readonly unknown[] = [], { signal, prepare }: QueryOptions = {}) {
      const statement = toStatement(text, params, { prepare });
      const limits = limitsOf(queryTimeoutMs, signal);
      const { rows, rowCount } = await driver.use(limits, async (connection) => {
        const outcome = await connection.execute(statement, limits);
        if (connection.inTransaction()) throw new ParleyError("INTERNAL", LONE_BEGIN);
        return outcome;
      });
      return { rows: rows as R[], rowCount };
    },
    async transaction(work, { isolation = "read committed", signal } = {}) {
      const limits = limitsOf(transactionTimeoutMs, signal);
      const run = { isolation, limits, queryTimeoutMs, clock, logger };
      const committed = await driver.use(limits, (connection) => runTransaction({ connection, ...run }, work));
      committed.wakeUp();
      return committed.value;
    },
    session(work, { signal } = {}) {
      const limits: Limits = { signal, deadlineMs: Number.POSITIVE_INFINITY };
      return driver.use(limits, (connection) => work(createSession(connection, limits)));
    },
    listen: (channel, onNotify) => driver.listen(channel, onNotify),
    poolUse: () => driver.poolUse(),
    close: () => driver.close(closeTimeoutMs),
  };
}

function createSession(connection: Connection, limits: Limits): Session {
  return {
    async query<R>(text: string, params: readonly unknown[] = [], { signal, prepare }: QueryOptions = {}) {
      const statement = toStatement(text, params, { prepare });
      const { rows, rowCount } = await connection.execute(statement, { ...limits, signal: signal ?? limits.signal });
      return { rows: rows as R[], rowCount };
    },
    async script(text) {
      await connection.execute(toScript(text), limits);
    },
    inTransaction: () => connection.inTransaction(),
  };
}

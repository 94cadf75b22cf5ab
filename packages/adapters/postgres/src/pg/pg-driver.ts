import { settleWithin } from "@parley/core/internal";
import pg from "pg";
import type { Driver, Limits } from "../connection.ts";
import { toDatabaseError } from "../database-error.ts";
import { waitWithin } from "../limits.ts";
import type { ResolvedDatabaseOptions } from "../resolve-database-options.ts";
import { createTurns } from "../turns.ts";
import { cut, type KeyedClient } from "./client.ts";
import { clientConfig, preparingOf } from "./client-config.ts";
import { createPgConnection } from "./connection.ts";
import { createListener } from "./listener.ts";

export interface PgDriverOptions extends ResolvedDatabaseOptions {
  readonly url: string;
  readonly location: string;
}

/** An unused connection is kept this long. */
const IDLE_TIMEOUT_MS = 30_000;
/** How long the server may take to end the connections that are given up. */
const GOODBYE_MS = 1_000;
/** The server's limit comes after ours, so that ours says why. */
const STATEMENT_TIMEOUT_MARGIN_MS = 5_000;

/** Lends the connections of a pool. The line before the pool is ours: the pool's own knows no signal and no bound. */
export function createPgDriver(options: PgDriverOptions): Driver {
  const { url, location, maxConnections, maxWaiting, connectTimeoutMs, queryTimeoutMs, clock, logger } = options;
  const pool = new pg.Pool({
    ...clientConfig({ url, connectTimeoutMs, statementTimeoutMs: queryTimeoutMs + STATEMENT_TIMEOUT_MARGIN_MS }),
    max: maxConnections,
    idleTimeoutMillis: IDLE_TIMEOUT_MS,
  });
  const preparing = preparingOf(url);
  const all = new Set<pg.PoolClient>();
  const lost = (error: Error): void =>
    logger.warn({ err: error, database: location }, "a database connection was lost");
  // Without both listeners the loss of a connection would end the process: the pool's hears of the idle ones alone.
  pool.on("error", lost);
  pool.on("connect", (client) => all.add(client.on("error", () => {})));
  pool.on("remove", (client) => all.delete(client));

  const turns = createTurns({ count: maxConnections, maxWaiting, what: "a database connection", clock });
  const lent = new Set<pg.PoolClient>();
  const listener = createListener(options);
  let closing: Promise<void> | undefined;

  const connect = (limits: Limits): Promise<pg.PoolClient> => {
    const connecting = pool.connect().catch((error: unknown) => {
      throw toDatabaseError(error);
    });
    return waitWithin(connecting, limits, { what: "the connection", clock, onLate: (client) => client.release() });
  };

  const close = async (limitMs: number): Promise<void> => {
    const ended = turns.close();
    await listener.close();
    if ((await settleWithin(ended, limitMs, clock)) === "timeout") {
      logger.warn({ database: location, running: lent.size }, "the database is closed under statements that still run");
      for (const client of lent) cut(client);
    }
    if ((await settleWithin(pool.end(), GOODBYE_MS, clock)) === "timeout") for (const client of all) cut(client);
  };

  return {
    async use(limits, work) {
      const end = await turns.take(limits);
      try {
        const client = await connect(limits);
        const connection = createPgConnection(client as KeyedClient, clock, preparing);
        lent.add(client);
        try {
          return await work(connection);
        } finally {
          lent.delete(client);
          client.release(connection.isSpent());
        }
      } finally {
        end();
      }
    },
    listen: listener.listen,
    poolUse: () => ({ max: maxConnections, ...turns.use() }),
    close(limitMs) {
      closing ??= close(limitMs);
      return closing;
    },
  };
}

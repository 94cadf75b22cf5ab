import type { Clock, ParleyError } from "@parley/core";
import type { QueryResult } from "pg";
import type { Connection, Limits, Outcome, Statement } from "../connection.ts";
import { DATABASE_FULL, toDatabaseError } from "../database-error.ts";
import { limitPassed, watchLimits } from "../limits.ts";
import { cancelStatement } from "./cancel-statement.ts";
import { cut, type KeyedClient } from "./client.ts";
import { type Preparing, send, stepsOf } from "./send.ts";

/** How long a cancelled statement may take to end before its connection is cut. */
const CANCEL_GRACE_MS = 2_000;

const WHAT = "the statement";

export interface PgConnection extends Connection {
  /** True once the session is lost, or in a state that the next user must not meet. */
  isSpent(): boolean;
}

/** Runs statements on a client that somebody else opens and closes. */
export function createPgConnection(client: KeyedClient, clock: Clock, preparing: Preparing): PgConnection {
  let lost = false;

  /** Cancels the statement that runs; if that does not end it in time, cuts the connection, which does. */
  const stop = async (): Promise<() => void> => {
    const timer = clock.setTimer(CANCEL_GRACE_MS, () => {
      lost = true;
      cut(client);
    });
    await cancelStatement(client, CANCEL_GRACE_MS, clock);
    return () => timer.cancel();
  };

  const run = async (statement: Statement, limits: Limits): Promise<Outcome> => {
    const passed = limitPassed(limits, WHAT, clock);
    if (passed) throw passed;
    let reason: ParleyError | undefined;
    let stopping: Promise<() => void> | undefined;
    const watch = watchLimits(limits, WHAT, clock, (error) => {
      reason = error;
      stopping = stop();
    });
    try {
      return toOutcome(await send(client, statement, preparing));
    } catch (thrown) {
      const error = toDatabaseError(thrown);
      if (error.code === "UNAVAILABLE" && error.detail("error_info")?.reason !== DATABASE_FULL) lost = true;
      throw reason ?? error;
    } finally {
      watch.end();
      // A request to cancel that is still under way would hit the next statement.
      if (stopping) (await stopping)();
    }
  };

  return {
    async execute(statement: Statement, limits: Limits): Promise<Outcome> {
      const [first = statement, second] = stepsOf(client, statement, preparing);
      const outcome = await run(first, limits);
      return second ? run(second, limits) : outcome;
    },
    inTransaction: () => !lost && client.getTransactionStatus() !== "I",
    isSpent: () => lost || client.getTransactionStatus() !== "I",
  };
}

function toOutcome(result: QueryResult | QueryResult[]): Outcome {
  if (Array.isArray(result)) return { rows: [], rowCount: 0, command: "" };
  return { rows: result.rows, rowCount: result.rowCount ?? 0, command: result.command };
}

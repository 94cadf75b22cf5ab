import { type Clock, currentContext, ParleyError, runWithContext } from "@parley/core";
import { settleWithin } from "@parley/core/internal";
import type { Connection, Driver, Limits } from "../connection.ts";
import { quoteIdentifier } from "../quote-identifier.ts";
import { createTurns } from "../turns.ts";
import type { SharedEngine } from "./shared-engine.ts";
import { beginWait, holdingContext, newTurnToken } from "./turn-waits.ts";

export interface EmbeddedDriverOptions {
  readonly shared: SharedEngine;
  readonly schema: string;
  readonly maxWaiting: number;
  readonly queryTimeoutMs: number;
  readonly clock: Clock;
}

const HELD_ALREADY =
  "the embedded database has one connection, and this work holds it already: inside of a transaction use the " +
  "transaction's own query";

/** Lends the one session of an engine to the work of one schema. */
export function createEmbeddedDriver({
  shared,
  schema,
  maxWaiting,
  queryTimeoutMs,
  clock,
}: EmbeddedDriverOptions): Driver {
  const { engine, held, notifications, turns, turn } = shared;
  // Each database has a line of its own and sends one at a time to the engine's, so the services take turns however
  // many statements one of them gives at once.
  const line = createTurns({ count: 1, maxWaiting, what: "a database connection", clock });
  const listeners = new Set<() => Promise<void>>();
  /** For what the driver does itself: neither cancelled nor left waiting for ever. */
  const own = (): Limits => ({ deadlineMs: clock.now() + queryTimeoutMs });

  const useEngine = async <T>(limits: Limits, work: (connection: Connection) => Promise<T>): Promise<T> => {
    const end = await turns.take(limits);
    const mine = { holds: true };
    const token = newTurnToken();
    held.holder = token;
    try {
      await engine.enter(schema);
      const context = currentContext();
      const run = (): Promise<T> => turn.run(mine, () => work(engine));
      return await (context ? runWithContext(holdingContext(context, token), run) : run());
    } finally {
      if (engine.inTransaction()) await engine.execute({ text: "ROLLBACK", kind: "one" }, own()).catch(() => {});
      mine.holds = false;
      held.holder = undefined;
      end();
    }
  };

  const assertFree = (): void => {
    if (turn.getStore()?.holds) throw new ParleyError("INTERNAL", HELD_ALREADY);
  };

  return {
    async use(limits, work) {
      assertFree();
      const endWait = beginWait(held, currentContext(), `the embedded database ${schema}`);
      let leave = (): void => {};
      try {
        leave = await line.take(limits);
        return await useEngine(limits, work);
      } finally {
        leave();
        endWait();
      }
    },
    async listen(channel, onNotify) {
      assertFree();
      const say = (command: "LISTEN" | "UNLISTEN") => {
        const text = `${command} ${quoteIdentifier(channel)}`;
        return useEngine(own(), (connection) => connection.execute({ text, kind: "one" }, own()));
      };
      const remove = notifications.add(channel, onNotify);
      const close = async (): Promise<void> => {
        if (listeners.delete(close) && remove() === "last") await say("UNLISTEN");
      };
      listeners.add(close);
      try {
        await say("LISTEN");
      } catch (error) {
        listeners.delete(close);
        remove();
        throw error;
      }
      return { close };
    },
    poolUse: () => ({ max: 1, ...line.use() }),
    async close(limitMs) {
      const ended = [line.close(), ...[...listeners].map((close) => close())];
      await settleWithin(Promise.allSettled(ended), limitMs, clock);
    },
  };
}

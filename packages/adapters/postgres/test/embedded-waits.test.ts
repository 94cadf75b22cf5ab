import { AsyncLocalStorage } from "node:async_hooks";
import { type CallContext, currentContext, runWithContext } from "@parley/core";
import { deriveContext, formatBaggage, parseBaggage } from "@parley/core/internal";
import { createEmbedded, type Embedded, type PostgresDatabase } from "@parley/postgres";
import { afterAll, describe, expect, it } from "vitest";
import { failure } from "../src/testing/with-database.ts";

const [first, second] = await Promise.all([
  createEmbedded({ dataDir: "memory:" }),
  createEmbedded({ dataDir: "memory:" }),
]);
afterAll(() => Promise.all([first.close(), second.close()]));

let next = 0;
const databaseOf = (host: Embedded): Promise<PostgresDatabase> => host.database(`s${next++}`);

/** What comes in over a socket follows no asynchronous context of the caller. */
const asOverSocket = AsyncLocalStorage.snapshot();

/** Runs work as the method of another service does: with what a call carries of the context, and nothing else. */
function called<T>(work: () => Promise<T>): Promise<T> {
  const { baggage } = currentContext() as CallContext;
  const carried = parseBaggage(formatBaggage(baggage));
  return asOverSocket(() => runWithContext(deriveContext({ baggage: carried }), work));
}
const inCall = <T>(work: () => Promise<T>): Promise<T> => runWithContext(deriveContext({ timeoutMs: 20_000 }), work);

describe("a call that a transaction waits for", () => {
  it("uses the database of another service, which has a connection of its own", async () => {
    const [users, orders] = await Promise.all([databaseOf(first), databaseOf(second)]);
    const rows = await inCall(() =>
      users.transaction(async (tx) => {
        await tx.query("SELECT 1");
        return called(async () => (await orders.query("SELECT 2 AS n")).rows);
      }),
    );
    expect(rows).toEqual([{ n: 2 }]);
  });

  it("is refused at once where it needs the connection that the transaction holds, over any number of hops", async () => {
    const [users, other, orders] = await Promise.all([databaseOf(first), databaseOf(first), databaseOf(second)]);
    for (const database of [users, other]) {
      const began = performance.now();
      const cycle = inCall(() =>
        users.transaction(async (tx) => {
          await tx.query("SELECT 1");
          await called(() => orders.transaction(async () => called(() => database.query("SELECT 1"))));
        }),
      );
      const { message } = await failure(cycle, "FAILED_PRECONDITION");
      expect(message).toMatch(/has one connection.*before the transaction's first statement.*DATABASE_URL/);
      expect(performance.now() - began).toBeLessThan(5_000);
    }
    expect((await users.query("SELECT 3 AS n")).rows).toEqual([{ n: 3 }]);
  });

  it("is refused, to be tried again, where two transactions would wait for each other", async () => {
    const [users, orders] = await Promise.all([databaseOf(first), databaseOf(second)]);
    const both = Promise.withResolvers<void>();
    let holding = 0;
    const hold = (own: PostgresDatabase, other: PostgresDatabase) =>
      inCall(() =>
        own.transaction(async (tx) => {
          await tx.query("SELECT 1");
          holding += 1;
          if (holding === 2) both.resolve();
          await both.promise;
          return called(() => other.query("SELECT 1"));
        }),
      );
    const ended = await Promise.allSettled([hold(users, orders), hold(orders, users)]);
    expect(ended.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
    for (const end of ended) if (end.status === "rejected") expect(end.reason).toMatchObject({ code: "ABORTED" });
  });

  it("waits for its turn as anyone does where nothing waits for it", async () => {
    const users = await databaseOf(first);
    const release = Promise.withResolvers<void>();
    const held = Promise.withResolvers<void>();
    const holder = inCall(() =>
      users.transaction(async (tx) => {
        await tx.query("SELECT 1");
        held.resolve();
        await release.promise;
      }),
    );
    await held.promise;
    const waiting = inCall(() => users.query("SELECT 4 AS n"));
    release.resolve();
    await holder;
    expect((await waiting).rows).toEqual([{ n: 4 }]);
  });
});

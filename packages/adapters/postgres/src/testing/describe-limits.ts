import { runWithContext } from "@parley/core";
import { deriveContext, withDeadline } from "@parley/core/internal";
import { describe, expect, it } from "vitest";
import type { PostgresDatabase } from "../postgres-database.ts";
import type { DatabaseSubject } from "./describe-database.ts";
import { failure, withDatabase } from "./with-database.ts";

const never = (): Promise<never> => new Promise(() => {});

export function describeLimits(subject: DatabaseSubject): void {
  describe("limits", () => {
    it("does not begin a statement whose signal has aborted or whose deadline has passed", () =>
      withDatabase(subject, async (database, table) => {
        const create = `CREATE TABLE ${table} (id integer)`;
        await failure(database.query(create, [], { signal: AbortSignal.abort() }), "CANCELLED");
        const late = { ...deriveContext(), deadlineMs: Date.now() - 1 };
        await failure(
          runWithContext(late, () => database.query(create)),
          "DEADLINE_EXCEEDED",
        );
        const { rows } = await database.query("SELECT to_regclass($1)::text AS found", [table]);
        expect(rows).toEqual([{ found: null }]);
      }));

    it("ends a transaction that is forgotten", () =>
      withDatabase(
        subject,
        async (database) => {
          const forgotten = database.transaction(async (tx) => {
            await tx.query("SELECT 1");
            return never();
          });
          await failure(forgotten, "DEADLINE_EXCEEDED");
          expect((await database.query("SELECT 1 AS n")).rows).toEqual([{ n: 1 }]);
        },
        { maxConnections: 1, transactionTimeoutMs: 500 },
      ));

    it("admits in order, lets a waiting one go when its signal aborts, and bounds the line", () =>
      withDatabase(
        subject,
        async (database) => {
          const { promise: hold, resolve: letGo } = Promise.withResolvers<void>();
          const { promise: held, resolve: isHeld } = Promise.withResolvers<void>();
          const first = database.transaction(async () => {
            isHeld();
            await hold;
          });
          await held;
          const caller = new AbortController();
          const order: number[] = [];
          const impatient = database.query("SELECT 1", [], { signal: caller.signal });
          const second = database.query("SELECT 2").then(() => order.push(2));
          const third = database.query("SELECT 3").then(() => order.push(3));
          await failure(database.query("SELECT 4"), "RESOURCE_EXHAUSTED");
          expect((database as PostgresDatabase).poolUse()).toEqual({ max: 1, inUse: 1, waiting: 3 });
          caller.abort();
          await failure(impatient, "CANCELLED");
          letGo();
          await Promise.all([first, second, third]);
          expect(order).toEqual([2, 3]);
          expect((database as PostgresDatabase).poolUse()).toEqual({ max: 1, inUse: 0, waiting: 0 });
        },
        { maxConnections: 1, maxWaiting: 3 },
      ));

    it.runIf(subject.features.cancel)("stops a statement when the deadline of its call passes", () =>
      withDatabase(
        subject,
        async (database) => {
          const startedMs = Date.now();
          const statement = (): Promise<unknown> => database.query("SELECT pg_sleep(30)");
          await failure(withDeadline(deriveContext({ timeoutMs: 50 }), statement), "DEADLINE_EXCEEDED");
          // The connection is free again, so the statement has ended on the server too.
          expect((await database.query("SELECT 1 AS n")).rows).toEqual([{ n: 1 }]);
          expect(Date.now() - startedMs).toBeLessThan(20_000);
        },
        { maxConnections: 1 },
      ),
    );

    it.runIf(subject.features.cancel)(
      "stops a statement when its own limit passes, in a transaction too",
      { timeout: 20_000 },
      () =>
        withDatabase(
          subject,
          async (database) => {
            await failure(database.query("SELECT pg_sleep(30)"), "DEADLINE_EXCEEDED");
            const transaction = database.transaction((tx) => tx.query("SELECT pg_sleep(30)"));
            await failure(transaction, "DEADLINE_EXCEEDED");
            expect((await database.query("SELECT 1 AS n")).rows).toEqual([{ n: 1 }]);
          },
          { maxConnections: 1, queryTimeoutMs: 1_000 },
        ),
    );

    it.runIf(subject.features.concurrency)("answers the loser of two concurrent changes with ABORTED", () =>
      withDatabase(subject, async (database, table) => {
        await database.query(`CREATE TABLE ${table} AS SELECT 1 AS n`);
        const change = (): Promise<unknown> =>
          database.transaction(
            async (tx) => {
              await tx.query(`SELECT n FROM ${table}`);
              await bothHaveRead();
              await tx.query(`UPDATE ${table} SET n = n + 1`);
            },
            { isolation: "serializable" },
          );
        const { promise, resolve } = Promise.withResolvers<void>();
        let readers = 0;
        const bothHaveRead = (): Promise<void> => {
          readers += 1;
          if (readers === 2) resolve();
          return promise;
        };
        const results = await Promise.allSettled([change(), change()]);
        const lost = results.find((result) => result.status === "rejected");
        expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
        await failure(Promise.reject(lost?.reason), "ABORTED");
      }),
    );

    it("closes once what runs has ended, any number of times, and then refuses work", () =>
      withDatabase(subject, async (database, table) => {
        await database.query(`CREATE TABLE ${table} (id integer)`);
        const { promise: begun, resolve: hasBegun } = Promise.withResolvers<void>();
        const { promise: go, resolve: goOn } = Promise.withResolvers<void>();
        const running = database.transaction(async (tx) => {
          hasBegun();
          await go;
          return tx.query(`INSERT INTO ${table} VALUES (1)`);
        });
        await begun;
        const closed = Promise.all([database.close(), database.close()]);
        await failure(database.query("SELECT 1"), "UNAVAILABLE");
        goOn();
        expect((await running).rowCount).toBe(1);
        await closed;
        await database.close();
        await failure(database.query("SELECT 1"), "UNAVAILABLE");
      }));
  });
}

import type { Database, Transaction } from "@parley/core";
import { describe, expect, it } from "vitest";
import type { DatabaseSubject } from "./describe-database.ts";
import { failure, withDatabase } from "./with-database.ts";

const never = (): Promise<never> => new Promise(() => {});

export function describeTransactions(subject: DatabaseSubject): void {
  const withTable = (test: (database: Database, table: string) => Promise<void>): Promise<void> =>
    withDatabase(subject, async (database, table) => {
      await database.query(`CREATE TABLE ${table} (id integer PRIMARY KEY)`);
      await test(database, table);
    });
  const idsOf = async (database: Database, table: string): Promise<readonly unknown[]> =>
    (await database.query(`SELECT id FROM ${table} ORDER BY id`)).rows.map(({ id }) => id);

  describe("transactions", () => {
    it("commits what was done when the work resolves, and gives its value", () =>
      withTable(async (database, table) => {
        const value = await database.transaction(async (tx) => {
          await tx.query(`INSERT INTO ${table} VALUES (1)`);
          expect((await tx.query(`SELECT 1 FROM ${table}`)).rowCount).toBe(1);
          return "done";
        });
        expect(value).toBe("done");
        expect(await idsOf(database, table)).toEqual([1]);
      }));

    it("rolls back when the work rejects, and passes its error on unchanged", () =>
      withTable(async (database, table) => {
        const mine = new RangeError("mine");
        const work = database.transaction(async (tx) => {
          await tx.query(`INSERT INTO ${table} VALUES (1)`);
          throw mine;
        });
        await expect(work).rejects.toBe(mine);
        expect(await idsOf(database, table)).toEqual([]);
      }));

    it("runs statements that are given at once in their order", () =>
      withTable(async (database, table) => {
        await database.transaction(async (tx) => {
          await Promise.all([1, 2, 3].map((id) => tx.query(`INSERT INTO ${table} VALUES ($1)`, [id])));
        });
        expect(await idsOf(database, table)).toEqual([1, 2, 3]);
      }));

    it("rolls back when one of several statements fails, the others included", () =>
      withTable(async (database, table) => {
        const work = database.transaction(async (tx) => {
          await Promise.all([1, 1, 2].map((id) => tx.query(`INSERT INTO ${table} VALUES ($1)`, [id])));
        });
        await failure(work, "ALREADY_EXISTS");
        expect(await idsOf(database, table)).toEqual([]);
      }));

    it("does not claim to have committed after a statement whose failure the work swallowed", () =>
      withTable(async (database, table) => {
        const work = database.transaction(async (tx) => {
          await tx.query(`INSERT INTO ${table} VALUES (1)`);
          await tx.query("SELECT 1 / 0").catch(() => {});
        });
        await failure(work, "INTERNAL");
        expect(await idsOf(database, table)).toEqual([]);
      }));

    it("is one transaction also when its first statement fails, or is not sent at all", () =>
      withTable(async (database, table) => {
        for (let round = 0; round < 3; round++) {
          const afterFailure = database.transaction(async (tx) => {
            await tx.query("SELECT 1 / 0").catch(() => {});
            await tx.query(`INSERT INTO ${table} VALUES (1)`);
          });
          await expect(afterFailure).rejects.toThrow();
          const unsent = database.transaction(async (tx) => {
            const signal = AbortSignal.abort();
            await failure(tx.query(`INSERT INTO ${table} VALUES (2)`, [], { signal }), "CANCELLED");
            await tx.query(`INSERT INTO ${table} VALUES (3)`);
            throw new Error("no");
          });
          await expect(unsent).rejects.toThrow("no");
          const swallowed = database.transaction(async (tx) => {
            await tx.query("SELECT 1 / 0").catch(() => {});
          });
          await failure(swallowed, "INTERNAL");
        }
        expect(await idsOf(database, table)).toEqual([]);
      }));

    it("calls back after work that gave no statement", () =>
      withTable(async (database) => {
        let called = 0;
        const value = await database.transaction(async (tx) => {
          tx.afterCommit(() => {
            called += 1;
          });
          return "done";
        });
        expect([value, called]).toEqual(["done", 1]);
      }));

    it("has the isolation asked for", () =>
      withTable(async (database) => {
        for (const isolation of ["read committed", "repeatable read", "serializable"] as const) {
          const { rows } = await database.transaction((tx) => tx.query("SHOW transaction_isolation"), { isolation });
          expect(rows).toEqual([{ transaction_isolation: isolation }]);
        }
        expect(await database.transaction((tx) => tx.query("SHOW transaction_isolation"))).toMatchObject({
          rows: [{ transaction_isolation: "read committed" }],
        });
      }));

    it("commits a statement that the work did not wait for, and refuses any later one", () =>
      withTable(async (database, table) => {
        let kept: Transaction | undefined;
        await database.transaction(async (tx) => {
          kept = tx;
          void tx.query(`INSERT INTO ${table} VALUES (1)`);
        });
        expect(await idsOf(database, table)).toEqual([1]);
        const late = kept?.query(`INSERT INTO ${table} VALUES (2)`) ?? never();
        expect((await failure(late, "INTERNAL")).message).toMatch(/the transaction is over/);
      }));

    it("calls back after the commit, when others can see it, and not at all after a roll-back", () =>
      withTable(async (database, table) => {
        const seen: Promise<readonly unknown[]>[] = [];
        const lookAfter = (tx: Transaction): void =>
          tx.afterCommit(() => {
            seen.push(idsOf(database, table));
          });
        await database.transaction(async (tx) => {
          tx.afterCommit(() => {
            throw new Error("a wake-up that fails disturbs nobody");
          });
          lookAfter(tx);
          await tx.query(`INSERT INTO ${table} VALUES (1)`);
          expect(seen).toEqual([]);
        });
        expect(await Promise.all(seen)).toEqual([[1]]);
        const failing = database.transaction(async (tx) => {
          lookAfter(tx);
          throw new Error("no");
        });
        await expect(failing).rejects.toThrow("no");
        expect(seen).toHaveLength(1);
      }));

    it("rolls back and rejects as soon as the signal aborts, also under work that never ends", () =>
      withTable(async (database, table) => {
        const caller = new AbortController();
        let kept: Transaction | undefined;
        const work = database.transaction(
          async (tx) => {
            kept = tx;
            await tx.query(`INSERT INTO ${table} VALUES (1)`);
            caller.abort();
            return never();
          },
          { signal: caller.signal },
        );
        await failure(work, "CANCELLED");
        await failure(kept?.query("SELECT 1") ?? never(), "CANCELLED");
        expect(await idsOf(database, table)).toEqual([]);
      }));
  });
}

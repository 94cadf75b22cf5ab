import { describe, expect, it } from "vitest";
import { violatedConstraint } from "../database-error.ts";
import type { DatabaseSubject } from "./describe-database.ts";
import { failure, freshName, withDatabase } from "./with-database.ts";

export function describeStatements(subject: DatabaseSubject): void {
  describe("statements", () => {
    it("counts the rows read and the rows changed", () =>
      withDatabase(subject, async (database, table) => {
        expect(await database.query(`CREATE TABLE ${table} (id integer)`)).toEqual({ rows: [], rowCount: 0 });
        const insert = await database.query(`INSERT INTO ${table} SELECT generate_series(1, 3)`);
        expect(insert).toEqual({ rows: [], rowCount: 3 });
        expect((await database.query(`SELECT id FROM ${table} ORDER BY id LIMIT 2`)).rowCount).toBe(2);
        expect(await database.query(`UPDATE ${table} SET id = 9 WHERE id > 1 RETURNING id`)).toEqual({
          rows: [{ id: 9 }, { id: 9 }],
          rowCount: 2,
        });
        expect((await database.query(`DELETE FROM ${table} WHERE id = 0`)).rowCount).toBe(0);
      }));

    it("keeps statements that are given at once apart", () =>
      withDatabase(subject, async (database) => {
        const numbers = Array.from({ length: 50 }, (_, index) => index);
        const results = await Promise.all(
          numbers.map((number) => database.query<{ n: number }>("SELECT $1::integer AS n", [number])),
        );
        expect(results.map(({ rows }) => rows[0]?.n)).toEqual(numbers);
      }));

    it("says which constraint was broken, by code and name, and shows neither SQL nor values", () =>
      withDatabase(subject, async (database, table) => {
        const child = freshName();
        await database.query(
          `CREATE TABLE ${table} (id integer PRIMARY KEY, email text CONSTRAINT ${table}_email UNIQUE,
            age integer CONSTRAINT ${table}_age CHECK (age >= 0))`,
        );
        await database.query(`CREATE TABLE ${child} (id integer CONSTRAINT ${child}_fk REFERENCES ${table})`);
        const insert = `INSERT INTO ${table} VALUES ($1, $2, $3)`;
        await database.query(insert, [1, "secret@example.com", 3]);

        const duplicate = await failure(database.query(insert, [2, "secret@example.com", 3]), "ALREADY_EXISTS");
        expect(violatedConstraint(duplicate)).toBe(`${table}_email`);
        expect(JSON.stringify([duplicate.message, duplicate.details])).not.toMatch(/secret|INSERT/);
        const negative = await failure(database.query(insert, [3, "b", -1]), "FAILED_PRECONDITION");
        expect(violatedConstraint(negative)).toBe(`${table}_age`);
        const orphan = await failure(database.query(`INSERT INTO ${child} VALUES (77)`), "FAILED_PRECONDITION");
        expect(violatedConstraint(orphan)).toBe(`${child}_fk`);
      }));

    it("answers values that cannot be stored with INVALID_ARGUMENT", () =>
      withDatabase(subject, async (database) => {
        await failure(database.query("SELECT $1::integer", ["abc"]), "INVALID_ARGUMENT");
        await failure(database.query("SELECT $1::uuid", ["abc"]), "INVALID_ARGUMENT");
        await failure(database.query("SELECT $1::smallint", [70_000]), "INVALID_ARGUMENT");
        await failure(database.query("SELECT $1::text", ["a\0b"]), "INVALID_ARGUMENT");
      }));

    it("refuses what no statement can be as the statement's own fault, and the connection goes on", () =>
      withDatabase(
        subject,
        async (database) => {
          const { backend } =
            (await database.query<{ backend: number }>("SELECT pg_backend_pid() AS backend")).rows[0] ?? {};
          const many = Array.from({ length: 70_000 }, (_, index) => index);
          const list = many.map((index) => `$${index + 1}`).join(",");
          const tooMany = await failure(database.query(`SELECT 1 WHERE 1 IN (${list})`, many), "INTERNAL");
          expect(tooMany.message).toMatch(/70000 parameters.*65535.*unnest/);
          const cut = await failure(database.query("SELECT 1\0, 2"), "INTERNAL");
          expect(cut.message).toMatch(/U\+0000/);
          await failure(database.query("SELECT '\uD800'"), "INTERNAL");
          for (const text of ["a\0b", "a\uD800", ["fine", "a\0b"]]) {
            const odd = await failure(
              database.query("SELECT $1::text, $2::text[]", ["fine", text]),
              "INVALID_ARGUMENT",
            );
            expect(odd.message).toBe("a value does not fit where it is to be stored"); // clients may read it
            expect((odd.cause as Error).message).toMatch(/^parameter \$2: /);
          }
          const inTransaction = database.transaction(async (tx) => {
            await tx.query("SELECT 1");
            await tx.query(`SELECT 1 WHERE 1 IN (${list})`, many);
          });
          await failure(inTransaction, "INTERNAL");
          const largest = many.slice(0, 65_535);
          const placed = largest.map((index) => `$${index + 1}::integer`).join(",");
          const { rows } = await database.query(`SELECT pg_backend_pid() AS backend WHERE 7 IN (${placed})`, largest);
          expect(rows).toEqual([{ backend }]);
        },
        { maxConnections: 1 },
      ));

    it("gives nothing away about a mistake in a statement, and keeps the driver's error as the cause", () =>
      withDatabase(subject, async (database) => {
        const error = await failure(database.query("SELECT * FROM no_such_table"), "INTERNAL");
        expect(error.message).toBe("internal error");
        expect(error.details).toEqual([]);
        expect((error.cause as Error).message).toMatch(/no_such_table/);
      }));

    it("runs one statement at a time, so that nothing can be appended to it", () =>
      withDatabase(subject, async (database) => {
        await failure(database.query("SELECT 1; SELECT 2"), "INTERNAL");
        expect((await database.query("SELECT 3 AS n")).rows).toEqual([{ n: 3 }]);
      }));

    it("refuses a transaction that a statement begins, and rolls it back", () =>
      withDatabase(
        subject,
        async (database, table) => {
          expect((await failure(database.query("BEGIN"), "INTERNAL")).message).toMatch(/use database\.transaction/);
          await database.query(`CREATE TABLE ${table} (id integer)`);
          expect((await database.query(`SELECT 1 FROM ${table}`)).rowCount).toBe(0);
        },
        { maxConnections: 1 },
      ));
  });
}

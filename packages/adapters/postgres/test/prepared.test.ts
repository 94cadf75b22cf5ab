import type { Executor } from "@parley/core";
import { createSeededRandom } from "@parley/core/internal";
import { openDatabase } from "@parley/postgres";
import { createTcpProxy } from "@parley/transport/testing";
import { describe, expect, it, onTestFinished } from "vitest";
import { realPostgres } from "../src/testing/real-postgres.ts";
import { failure, freshName } from "../src/testing/with-database.ts";

const server = await realPostgres();
const url = server?.newDatabase() ?? "";

/** With one connection, so that what a statement leaves at it meets the next one. */
async function openOne(address = url) {
  const database = await openDatabase({ url: address, maxConnections: 1 });
  const table = freshName();
  await database.query(`CREATE TABLE ${table} (id integer)`);
  // From the second one on, BEGIN is prepared and goes with the first statement.
  await database.transaction((tx) => tx.query("SELECT 1"));
  return { database, table, [Symbol.asyncDispose]: () => database.close() };
}

describe.runIf(url)("a prepared statement", () => {
  it("is kept at its connection, and only when it is asked for", async () => {
    await using one = await openOne();
    const insert = `INSERT INTO ${one.table} VALUES ($1)`;
    const select = `SELECT id FROM ${one.table} WHERE id > $1 ORDER BY id`;
    for (const id of [1, 2, 3]) await one.database.transaction((tx) => tx.query(insert, [id], { prepare: true }));
    expect((await one.database.query(select, [1])).rows).toEqual([{ id: 2 }, { id: 3 }]);
    const { rows } = await one.database.query("SELECT statement FROM pg_prepared_statements ORDER BY statement");
    expect(rows.map(({ statement }) => statement)).toEqual(["BEGIN ISOLATION LEVEL read committed", "COMMIT", insert]);
  });

  it("that cannot be parsed when a transaction begins with it can be later", async () => {
    await using one = await openOne();
    const insert = `INSERT INTO ${one.table}_late VALUES ($1)`;
    const begin = () => one.database.transaction((tx) => tx.query(insert, [1], { prepare: true }));
    await expect(begin()).rejects.toThrow();
    await one.database.query(`CREATE TABLE ${one.table}_late (id integer)`);
    await begin();
    await begin();
    expect((await one.database.query(`SELECT id FROM ${one.table}_late`)).rows).toEqual([{ id: 1 }, { id: 1 }]);
  });

  it("whose result has changed shape is UNAVAILABLE once, and parsed anew", async () => {
    await using one = await openOne();
    const select = `SELECT * FROM ${one.table}`;
    await one.database.query(select, [], { prepare: true });
    await one.database.query(`ALTER TABLE ${one.table} ADD COLUMN name text`);
    await failure(one.database.query(select, [], { prepare: true }), "UNAVAILABLE");
    expect((await one.database.query(select, [], { prepare: true })).rows).toEqual([]);
  });

  it("is not run where its transaction cannot begin", async () => {
    await using one = await openOne();
    const insert = `INSERT INTO ${one.table} VALUES (1)`;
    await one.database.query("DEALLOCATE ALL");
    await failure(
      one.database.transaction((tx) => tx.query(insert)),
      "UNAVAILABLE",
    );
    expect((await one.database.query(`SELECT id FROM ${one.table}`)).rows).toEqual([]);
    await one.database.transaction((tx) => tx.query(insert));
    expect((await one.database.query(`SELECT id FROM ${one.table}`)).rows).toEqual([{ id: 1 }]);
  });

  it("is none behind a pooler that keeps no sessions", async () => {
    const pooled = new URL(url);
    pooled.searchParams.set("pgbouncer", "true");
    await using one = await openOne(pooled.href);
    const insert = `INSERT INTO ${one.table} VALUES ($1)`;
    for (const id of [1, 2]) await one.database.transaction((tx) => tx.query(insert, [id], { prepare: true }));
    expect((await one.database.query("SELECT name FROM pg_prepared_statements")).rows).toEqual([]);
    expect((await one.database.query(`SELECT id FROM ${one.table}`)).rowCount).toBe(2);
  });
});

describe.runIf(url)("a transaction that begins with its first statement", () => {
  it("does not send the statement if it is cancelled while BEGIN goes by itself", async () => {
    const caller = new AbortController();
    const address = new URL(url);
    const said: Buffer[] = [];
    const proxy = await createTcpProxy({ host: address.hostname, port: Number(address.port) }, (from, bytes) => {
      if (from === "client") said.push(bytes);
      else if (bytes.includes("BEGIN\0")) caller.abort();
    });
    onTestFinished(() => proxy.close());
    address.host = `127.0.0.1:${proxy.port}`;
    address.searchParams.set("pgbouncer", "true");
    const database = await openDatabase({ url: address.href, maxConnections: 1 });
    onTestFinished(() => database.close());
    const first = database.transaction((tx) => tx.query("SELECT 'never sent'"), { signal: caller.signal });
    await failure(first, "CANCELLED");
    const text = Buffer.concat(said).toString("latin1");
    expect(text).toContain("BEGIN");
    expect(text).not.toContain("never sent");
    expect((await database.query("SELECT 1 AS one")).rows).toEqual([{ one: 1 }]);
  });

  it("is whole or nothing, at whatever moment it is cancelled", async () => {
    const database = await openDatabase({ url, maxConnections: 4 });
    onTestFinished(() => database.close());
    const table = freshName();
    await database.query(`CREATE TABLE ${table} (pair integer, half integer)`);
    const random = createSeededRandom(7);
    const committed = new Set<number>();
    let pairs = 0;
    const insert = async (tx: Executor, pair: number, half: number): Promise<unknown> =>
      tx.query(`INSERT INTO ${table} VALUES ($1, $2)`, [pair, half], { prepare: random.next() < 0.5 });
    const work = async (): Promise<void> => {
      while (pairs < 2_000) {
        const pair = ++pairs;
        const caller = new AbortController();
        const timer = setTimeout(() => caller.abort(), random.next() * 6);
        const both = database.transaction(
          async (tx) => {
            await insert(tx, pair, 1);
            await insert(tx, pair, 2);
          },
          { signal: caller.signal },
        );
        await both.then(
          () => committed.add(pair),
          (error) => expect(error).toMatchObject({ code: "CANCELLED" }),
        );
        clearTimeout(timer);
      }
    };
    await Promise.all(Array.from({ length: 12 }, work));
    const { rows } = await database.query<{ pair: number; halves: number }>(
      `SELECT pair, count(*)::integer AS halves FROM ${table} GROUP BY pair`,
    );
    expect(rows.filter(({ halves }) => halves !== 2)).toEqual([]);
    const stored = new Set(rows.map(({ pair }) => pair));
    expect([...committed].filter((pair) => !stored.has(pair))).toEqual([]);
    expect(committed.size).toBeGreaterThan(0);
  });
});

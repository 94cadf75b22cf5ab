import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createEmbedded, openDatabase } from "@parley/postgres";
import { afterAll, describe, expect, it } from "vitest";
import { EMBEDDED_POSTGRES_MAJOR } from "../src/embedded/data-folder.ts";
import { failure } from "../src/testing/with-database.ts";

const dataDir = await mkdtemp(join(tmpdir(), "parley-embedded-"));
const host = await createEmbedded({ dataDir: "memory:" });
afterAll(async () => {
  await host.close();
  await rm(dataDir, { recursive: true, force: true });
});

/** A process of its own that has the folder open. */
async function holdElsewhere(): Promise<ChildProcess> {
  const script = fileURLToPath(new URL("./fixtures/hold-folder.ts", import.meta.url));
  const child = spawn(process.execPath, ["--conditions=@parley/source", script, dataDir], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await Promise.race([
    once(child.stdout, "data"),
    once(child, "exit").then(() => Promise.reject(new Error("the other process ended"))),
  ]);
  return child;
}

describe("the data folder", () => {
  it("belongs to one process, outlives a kill -9 with all that was stored, and is then free", {
    timeout: 60_000,
  }, async () => {
    const other = await holdElsewhere();
    const { message } = await failure(createEmbedded({ dataDir }), "FAILED_PRECONDITION");
    expect(message).toContain(`the data folder ${dataDir} is open in another process (pid ${other.pid})`);
    other.kill("SIGKILL");
    await once(other, "exit");

    const database = await openDatabase({ dataDir, schema: "app" });
    expect((await database.query("SELECT id FROM kept")).rows).toEqual([{ id: 1 }]);
    await database.close();
  });

  it("is shared by all who open it in one process, until the last one leaves", { timeout: 60_000 }, async () => {
    const [users, orders] = await Promise.all([
      openDatabase({ dataDir, schema: "users" }),
      openDatabase({ dataDir, schema: "orders" }),
    ]);
    await users.query("CREATE TABLE IF NOT EXISTS things (owner text)");
    await orders.query("CREATE TABLE IF NOT EXISTS things (owner text)");
    await users.query("INSERT INTO things VALUES ('users')");
    expect((await orders.query("SELECT * FROM things")).rowCount).toBe(0);
    const closing = users.close();
    expect((await orders.query("SELECT 1 AS n")).rows).toEqual([{ n: 1 }]);
    await closing;
    const leaving = orders.close();
    const again = await openDatabase({ dataDir, schema: "users" });
    await leaving;
    expect((await again.query("SELECT * FROM things")).rows).toEqual([{ owner: "users" }]);
    await again.close();
  });

  it("starts anew after a first start that was cut off", { timeout: 60_000 }, async () => {
    const cut = await mkdtemp(join(tmpdir(), "parley-cut-"));
    await mkdir(join(cut, "postgres.unfinished"));
    await writeFile(join(cut, "postgres.unfinished", "PG_VERSION"), "18\n");
    const database = await openDatabase({ dataDir: cut, schema: "app" });
    expect((await database.query("SELECT 1 AS n")).rows).toEqual([{ n: 1 }]);
    await database.close();
    expect((await readdir(cut)).sort()).toEqual(["holder.json", "lock", "postgres"]);
    await rm(cut, { recursive: true });
  });

  it("of another version is refused with what to do, and left as it is", async () => {
    const old = await mkdtemp(join(tmpdir(), "parley-old-"));
    await mkdir(join(old, "postgres"));
    await writeFile(join(old, "postgres", "PG_VERSION"), "16\n");
    const { message } = await failure(createEmbedded({ dataDir: old }), "FAILED_PRECONDITION");
    expect(message).toMatch(/was written by PostgreSQL 16, and this is 18; move it away/);
    await failure(createEmbedded({ dataDir: old }), "FAILED_PRECONDITION");
    await rm(old, { recursive: true });
  });

  it("is of the version that the engine has", async () => {
    const database = await host.database("version");
    const { rows } = await database.query<{ server_version: string }>("SHOW server_version");
    expect(Number.parseInt(rows[0]?.server_version ?? "", 10)).toBe(EMBEDDED_POSTGRES_MAJOR);
  });
});

describe("the one connection of an embedded database", () => {
  it("refuses at once work that would wait for itself", async () => {
    const [users, orders] = await Promise.all([host.database("users"), host.database("orders")]);
    const own = users.transaction(() => users.query("SELECT 1"));
    expect((await failure(own, "INTERNAL")).message).toMatch(/use the transaction's own query/);
    await failure(
      users.transaction(() => orders.transaction((tx) => tx.query("SELECT 1"))),
      "INTERNAL",
    );
    // What a transaction wakes up is free to use the database once it is over.
    const { promise, resolve } = Promise.withResolvers<unknown>();
    await users.transaction(async (tx) => tx.afterCommit(() => resolve(users.query("SELECT 1 AS n"))));
    expect(await promise).toMatchObject({ rows: [{ n: 1 }] });
  });

  it("is given to the services in turn, however much one of them asks", async () => {
    const [busy, quiet] = await Promise.all([host.database("busy"), host.database("quiet")]);
    const done: string[] = [];
    const all = Array.from({ length: 20 }, () => busy.query("SELECT 1").then(() => done.push("busy")));
    await quiet.query("SELECT 1").then(() => done.push("quiet"));
    expect(done.length).toBeLessThan(4);
    await Promise.all(all);
  });

  it("is in the schema of each, also after a statement has changed the setting", async () => {
    const [a, b] = await Promise.all([host.database("a"), host.database("b")]);
    const schemaOf = async (database: typeof a) => (await database.query("SELECT current_schema() AS s")).rows[0]?.s;
    expect([await schemaOf(a), await schemaOf(b), await schemaOf(a)]).toEqual(["a", "b", "a"]);
    await a.query("SET search_path TO b");
    expect([await schemaOf(a), await schemaOf(b)]).toEqual(["a", "b"]);
    await a.transaction((tx) => tx.query("SET LOCAL search_path TO b"));
    expect(await schemaOf(a)).toBe("a");
  });

  it("refuses names that PostgreSQL would cut or keeps for itself", async () => {
    for (const schema of ["", "pg_mine", "x".repeat(64)])
      await expect(host.database(schema)).rejects.toThrow(TypeError);
    const odd = await host.database('odd "name"; --');
    expect((await odd.query("SELECT current_schema() AS s")).rows).toEqual([{ s: 'odd "name"; --' }]);
  });
});

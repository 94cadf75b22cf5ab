import { cp, mkdtemp, rm, unlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  createEmbedded,
  migrate,
  migrationStatus,
  openDatabase,
  type PostgresDatabase,
  readMigrations,
} from "@parley/postgres";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { realPostgres } from "../src/testing/real-postgres.ts";
import { failure, freshName } from "../src/testing/with-database.ts";

const server = await realPostgres();
const url = server?.newDatabase();
const host = await createEmbedded({ dataDir: "memory:" });
const root = await mkdtemp(join(tmpdir(), "parley-migrations-"));
afterAll(async () => {
  await host.close();
  await rm(root, { recursive: true });
});

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(root, "m-"));
});
const write = (name: string, sql: string): Promise<void> => writeFile(join(folder, name), sql);

describe("reading migrations", () => {
  it("takes numbered SQL files in order, and nothing else", async () => {
    await write("0002_b.sql", "SELECT 2;");
    await write("0001_a.sql", "SELECT 1;");
    await write("README.md", "not SQL");
    expect((await readMigrations(folder)).map(({ name, version }) => [version, name])).toEqual([
      [1, "0001_a.sql"],
      [2, "0002_b.sql"],
    ]);
  });

  it("names everything that is wrong at once", async () => {
    await write("create.sql", "SELECT 1");
    await write("0002_a.sql", "SELECT 1");
    await write("0002_b.sql", "SELECT 1");
    await write("0005_c.sql", "INSERT INTO a VALUES ('; COMMIT;');\n COMMIT ;");
    const { message } = await failure(readMigrations(folder), "FAILED_PRECONDITION");
    expect(message).toContain("create.sql is not named like 0001_create_users.sql");
    expect(message).toContain("0002_a.sql follows nothing; number 1 is missing");
    expect(message).toContain("0002_b.sql has the number of 0002_a.sql");
    expect(message).toContain("0005_c.sql follows 0002_b.sql; number 3 is missing");
    expect(message).toContain("0005_c.sql begins or ends a transaction");
    await failure(readMigrations(join(folder, "missing")), "FAILED_PRECONDITION");
  });

  it("lets words in comments, strings and function bodies be", async () => {
    await write(
      "0001_a.sql",
      `-- ; COMMIT;
       CREATE FUNCTION f() RETURNS text LANGUAGE plpgsql AS $body$ BEGIN RETURN 'x; ROLLBACK;'; END $body$;
       CREATE TABLE begin_of (commit_id int); SELECT CASE WHEN true THEN 1 END;`,
    );
    await expect(readMigrations(folder)).resolves.toHaveLength(1);
  });

  it("has the same checksum for the same text with other line ends", async () => {
    await write("0001_a.sql", "SELECT 1;\nSELECT 2;\n");
    const [unix] = await readMigrations(folder);
    await write("0001_a.sql", "SELECT 1;\r\nSELECT 2;\r\n");
    expect(await readMigrations(folder)).toEqual([unix]);
  });
});

const subjects: readonly (readonly [name: string, open: () => Promise<PostgresDatabase>])[] = [
  ["embedded PGlite", () => host.database(freshName())],
  ...(url ? [["PostgreSQL", () => openFresh(url)] as const] : []),
];

/** A database on the real server whose tables are its own: a schema for each. */
async function openFresh(base: string): Promise<PostgresDatabase> {
  const schema = freshName();
  await server?.query(`CREATE SCHEMA ${schema}`, { url: base });
  return openDatabase({ url: `${base}?options=${encodeURIComponent(`-c search_path=${schema}`)}` });
}

describe.each(subjects)("migrating %s", (_, open) => {
  const withFresh = async (test: (database: PostgresDatabase) => Promise<void>): Promise<void> => {
    const database = await open();
    try {
      await test(database);
    } finally {
      await database.close();
    }
  };
  const exists = async (database: PostgresDatabase, table: string): Promise<boolean> =>
    (await database.query("SELECT to_regclass($1)::text AS t", [table])).rows[0]?.t !== null;

  it("applies what is pending, once, and knows what it has done", () =>
    withFresh(async (database) => {
      await write("0001_a.sql", "CREATE TABLE a (id int);\nCREATE TABLE b (id int);");
      expect((await migrationStatus(database, folder)).pending).toHaveLength(1);
      expect(await exists(database, "parley_migrations")).toBe(false);
      expect(await migrate(database, folder)).toEqual({ before: 0, applied: ["0001_a.sql"] });
      await write("0002_c.sql", "ALTER TABLE a ADD name text;");
      expect(await migrate(database, folder)).toEqual({ before: 1, applied: ["0002_c.sql"] });
      expect(await migrate(database, folder)).toEqual({ before: 2, applied: [] });
      const { applied, pending } = await migrationStatus(database, folder);
      expect(applied.map(({ name }) => name)).toEqual(["0001_a.sql", "0002_c.sql"]);
      expect(applied[0]?.appliedAt).toBeInstanceOf(Date);
      expect(pending).toEqual([]);
    }));

  it("leaves nothing of a migration that fails, and keeps those before it", () =>
    withFresh(async (database) => {
      await write("0001_a.sql", "CREATE TABLE a (id int);");
      await write("0002_b.sql", "CREATE TABLE b (id int); CREATE TABLE a (id int);");
      const { message } = await failure(migrate(database, folder), "FAILED_PRECONDITION");
      expect(message).toBe('the migration 0002_b.sql failed: relation "a" already exists');
      expect([await exists(database, "a"), await exists(database, "b")]).toEqual([true, false]);
      await write("0002_b.sql", "CREATE TABLE b (id int);");
      expect(await migrate(database, folder)).toEqual({ before: 1, applied: ["0002_b.sql"] });
    }));

  it("refuses applied files that were changed, renamed or removed, and then applies nothing", () =>
    withFresh(async (database) => {
      await write("0001_a.sql", "CREATE TABLE a (id int);");
      await write("0002_b.sql", "CREATE TABLE b (id int);");
      await write("0003_c.sql", "CREATE TABLE c (id int);");
      await migrate(database, folder);
      const original = `${folder}-original`;
      await cp(folder, original, { recursive: true });
      await write("0001_a.sql", "CREATE TABLE a (id bigint);");
      await cp(join(folder, "0002_b.sql"), join(folder, "0002_renamed.sql"));
      await unlink(join(folder, "0002_b.sql"));
      await unlink(join(folder, "0003_c.sql"));
      for (const look of [migrate, migrationStatus]) {
        const { message } = await failure(look(database, folder), "FAILED_PRECONDITION");
        expect(message).toContain("0001_a.sql was changed after it was applied");
        expect(message).toContain("0002_b.sql was applied, and its file is now called 0002_renamed.sql");
        expect(message).toContain("0003_c.sql was applied, and its file is gone");
      }
      expect((await migrate(database, original)).applied).toEqual([]);
    }));

  it("applies each once when several start at the same time", () =>
    withFresh(async (database) => {
      await write("0001_a.sql", "CREATE TABLE a (id int); INSERT INTO a VALUES (1);");
      await write("0002_index.sql", "-- parley: no-transaction\nCREATE INDEX CONCURRENTLY a_id ON a (id);");
      const runs = await Promise.all([1, 2, 3].map(() => migrate(database, folder)));
      expect(runs.flatMap(({ applied }) => applied)).toEqual(["0001_a.sql", "0002_index.sql"]);
      expect((await database.query("SELECT * FROM a")).rowCount).toBe(1);
      expect(await exists(database, "a_id")).toBe(true);
    }));

  it("leaves no setting of its session behind", () =>
    withFresh(async (database) => {
      const setting = async (): Promise<unknown> => (await database.query("SHOW statement_timeout")).rows;
      const before = await setting();
      await write("0001_a.sql", "SELECT 1;");
      await migrate(database, folder);
      expect(await setting()).toEqual(before);
    }));
});

describe.runIf(url)("migrating beside another process", () => {
  it("gives the lock and the settings back when it is interrupted", async () => {
    const database = await openFresh(url ?? "");
    await write("0001_slow.sql", "SELECT pg_sleep(30);");
    const interrupt = new AbortController();
    const migrating = failure(migrate(database, folder, { signal: interrupt.signal }), "FAILED_PRECONDITION");
    const running = "SELECT 1 FROM pg_stat_activity WHERE state = 'active' AND query = 'SELECT pg_sleep(30);'";
    await expect.poll(async () => (await database.query(running)).rowCount).toBe(1);
    interrupt.abort();
    await migrating;
    await write("0001_slow.sql", "SELECT 1;");
    expect((await migrate(database, folder, { lockTimeoutMs: 1 })).applied).toEqual(["0001_slow.sql"]);
    await database.close();
  });

  it("waits for it no longer than the limit", async () => {
    const database = await openFresh(url ?? "");
    await write("0001_a.sql", "SELECT 1;");
    await database.session(async (other) => {
      await other.query("SELECT pg_advisory_lock(hashtextextended('parley_migrations ' || current_schema(), 0))");
      await failure(migrate(database, folder, { lockTimeoutMs: 50 }), "DEADLINE_EXCEEDED");
      await failure(migrate(database, folder, { signal: AbortSignal.abort() }), "CANCELLED");
      await other.query("SELECT pg_advisory_unlock_all()");
    });
    expect((await migrate(database, folder)).applied).toEqual(["0001_a.sql"]);
    await database.close();
  });
});

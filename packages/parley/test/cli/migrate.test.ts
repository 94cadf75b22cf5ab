import { existsSync } from "node:fs";
import { join } from "node:path";
import { realPostgres } from "@parley/postgres/testing";
import { expect, test } from "vitest";
import { parley } from "./support/run-parley.ts";
import { systemCopy } from "./support/system-copy.ts";

const FIRST = "0001_create_names.sql";
const SECOND = "0002_add_title.sql";
const url = (await realPostgres())?.missingDatabase();

test("status exits 1 while a database is behind and makes nothing; up applies; then status exits 0", async () => {
  await using system = await systemCopy("greetings");
  const dataDir = join(system.dir, "data");
  const migrate = async (...args: readonly string[]) => {
    const env = { PARLEY_DATA_DIR: dataDir, DATABASE_URL: "", NAMEDB_URL: "" };
    const run = await parley(["migrate", ...args, "--system", system.dir, "--json"], { env });
    return { exitCode: run.exitCode, ...JSON.parse(run.stdout) };
  };
  const report = { service: "name-service", database: "namedb" };

  expect(await migrate("status")).toMatchObject({ exitCode: 1, databases: [{ ...report, pending: [FIRST] }] });
  expect(existsSync(dataDir)).toBe(false);
  expect(await migrate()).toMatchObject({ exitCode: 0, databases: [{ ...report, appliedNow: [FIRST], pending: [] }] });
  expect(await migrate("status")).toMatchObject({ exitCode: 0, databases: [{ ...report, applied: [FIRST] }] });

  await system.write(`migrations/namedb/${SECOND}`, "ALTER TABLE names ADD COLUMN title text NOT NULL DEFAULT '';\n");
  expect(await migrate("status", "name-service")).toMatchObject({ exitCode: 1, databases: [{ pending: [SECOND] }] });
  expect(await migrate("up", "name-service")).toMatchObject({ exitCode: 0, databases: [{ appliedNow: [SECOND] }] });

  await system.write(`migrations/namedb/${FIRST}`, "SELECT 1;\n");
  expect(await migrate("status")).toMatchObject({ exitCode: 1, error: { code: "FAILED_PRECONDITION" } });
});

test("a service without a database is refused, and those with one are named", async () => {
  await using system = await systemCopy("greetings");
  const run = await parley(["migrate", "up", "names-service", "--system", system.dir]);
  expect(run.exitCode).toBe(1);
  expect(run.stderr).toContain('did you mean "name-service"');
});

test.skipIf(!url)("on a real server, two at once apply each migration once, and status makes no database", async () => {
  await using system = await systemCopy("greetings");
  const env = { NAMEDB_URL: url ?? "" };
  const migrate = async (action: string) => {
    const run = await parley(["migrate", action, "--system", system.dir, "--json"], { env });
    return { exitCode: run.exitCode, ...JSON.parse(run.stdout) };
  };
  for (let time = 0; time < 2; time++) {
    expect(await migrate("status")).toMatchObject({ exitCode: 1, databases: [{ applied: [], pending: [FIRST] }] });
  }
  const both = await Promise.all([migrate("up"), migrate("up")]);
  expect(both.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
  expect(both.flatMap(({ databases }) => databases[0].appliedNow)).toEqual([FIRST]);
  expect(await migrate("status")).toMatchObject({ exitCode: 0 });
});

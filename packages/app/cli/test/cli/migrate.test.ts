import { existsSync } from "node:fs";
import { join } from "node:path";
import { realPostgres } from "@parley/postgres/testing";
import { startForTest } from "@parley/runtime/testing";
import { expect, test } from "vitest";
import { GreetingService } from "../fixtures/greetings/gen/greetings/v1/greetings_pb.ts";
import { NameService } from "../fixtures/greetings/gen/names/v1/names_pb.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { WELCOMES_DIR, welcomes } from "../welcomes.ts";
import { parley, parleyProcess, startParley } from "./support/run-parley.ts";
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

test("a system with events has its tables for them migrated too, and then needs no migration to run", async () => {
  const env = { PARLEY_DATA_DIR: await temporaryFolder(), DATABASE_URL: "" };
  const migrate = async (action: string) =>
    JSON.parse((await parley(["migrate", action, "--system", WELCOMES_DIR, "--json"], { env })).stdout);
  const tables = expect.arrayContaining(["parley/0001_outbox.sql", "parley/0002_inbox.sql"]);
  expect(await migrate("status")).toMatchObject({
    upToDate: false,
    databases: [{ pending: tables }, { pending: tables }],
  });
  expect(await migrate("up")).toMatchObject({
    upToDate: true,
    databases: [{ appliedNow: tables }, { appliedNow: tables }],
  });
  const secrets = {
    JWT_SECRET: "a secret of the test, long enough for HS256",
    SERVICE_TOKEN_SECRET: "another secret of the test, long enough too",
  };
  const production = { ...env, ...secrets, NODE_ENV: "production", PARLEY_DATABASE: "embedded", HOST: "127.0.0.1" };
  await using system = await startForTest(welcomes, { env: production });
  const { id } = await system.clientOf(NameService).addName({ name: "Ada" });
  await system.settled();
  expect(await system.clientOf(GreetingService).greet({ id })).toMatchObject({ greeting: "Hello, Ada (printed)" });
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

test("in production a part whose database lacks a migration is refused with the remedy, which then helps", async () => {
  await using system = await systemCopy("greetings");
  const JWT_SECRET = "a secret of the test, long enough for HS256";
  const production = { NODE_ENV: "production", PARLEY_DATABASE: "embedded", HOST: "127.0.0.1", JWT_SECRET };
  const env = { ...production, PARLEY_DATA_DIR: join(system.dir, "data"), NAME_SERVICE_PORT: "0" };
  const start = ["start", "name-service", "--system", system.dir, "--log-format", "json", "--log-level", "info"];
  const refused = await parleyProcess(start, { env });
  expect(refused.exitCode).toBe(1);
  expect(refused.stdout).not.toContain('"msg":"ready"');
  expect(refused.stderr).toContain(`lacks the migration ${FIRST}; run parley migrate up name-service, or start with`);

  // The folder that `migrate` fills is the one that `start` reads.
  const migrated = await parley(["migrate", "up", "name-service", "--system", system.dir], { env });
  expect(migrated.exitCode).toBe(0);
  await using running = startParley(start, { env });
  await running.printed('"msg":"ready"');
  expect((await running.stop()).exitCode).toBe(0);

  // So does a start that migrates.
  await system.write(`migrations/namedb/${SECOND}`, "ALTER TABLE names ADD COLUMN title text NOT NULL DEFAULT '';\n");
  await using itself = startParley([...start, "--migrate"], { env });
  await itself.printed('"msg":"ready"');
  expect((await itself.stop()).exitCode).toBe(0);
  const status = await parley(["migrate", "status", "name-service", "--system", system.dir], { env });
  expect(status).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("up to date, 2 applied") });
});

test("the databases of others need no address to migrate one", async () => {
  const env = { NODE_ENV: "production", NAMEDB_URL: "postgres://127.0.0.1:1/namedb" };
  const run = await parley(["migrate", "status", "name-service", "--system", WELCOMES_DIR], { env });
  expect(run.stderr).not.toContain("GREETINGDB_URL");
  expect(run.stderr).not.toContain("EVENTS_URL");
});

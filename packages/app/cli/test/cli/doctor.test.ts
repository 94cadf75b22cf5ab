import { once } from "node:events";
import { createServer } from "node:net";
import { expect, test } from "vitest";
import { freePort } from "../../../../../scripts/testing/free-port.ts";
import { WELCOMES_DIR } from "../welcomes.ts";
import { parley } from "./support/run-parley.ts";
import { systemCopy } from "./support/system-copy.ts";

interface Diagnosis {
  readonly check: string;
  readonly level: string;
  readonly message: string;
  readonly remedy?: string;
}

const JWT_SECRET = "a secret of the test, long enough for HS256";

/** Users are verified, unless a test is about that. */
async function doctor(dir: string, env: Readonly<Record<string, string>> = {}) {
  const run = await parley(["doctor", "--system", dir, "--json"], { env: { JWT_SECRET, ...env } });
  const { diagnoses, environment, healthy } = JSON.parse(run.stdout);
  const found = (diagnoses as Diagnosis[]).filter(({ level }) => level !== "ok");
  return { exitCode: run.exitCode, healthy: healthy as boolean, found, environment };
}

test("a system in order is healthy, and its variables are listed without secrets", async () => {
  await using system = await systemCopy("greetings");
  const secret = "postgres://ada:s3cret@localhost/namedb";
  const { environment, ...rest } = await doctor(system.dir, { LOG_LEVEL: "warn", PARLEY_DATABASE: "embedded" });
  expect(rest).toEqual({ exitCode: 0, healthy: true, found: [] });
  expect(environment).toContainEqual(expect.objectContaining({ name: "LOG_LEVEL", set: true, value: "warn" }));
  expect(environment).toContainEqual(expect.objectContaining({ name: "NAME_SERVICE_PORT", set: false }));
  const { environment: withSecret } = await doctor(system.dir, { NAMEDB_URL: secret });
  expect(JSON.stringify(withSecret)).not.toContain("s3cret");
});

test("a production system whose services ask for no token is warned of", async () => {
  await using system = await systemCopy("greetings");
  const env = { NODE_ENV: "production", HOST: "127.0.0.1", PARLEY_DATABASE: "embedded" };
  const lax = await doctor(system.dir, env);
  expect(lax).toMatchObject({ exitCode: 0, found: [{ check: "service tokens", level: "warning" }] });
  const strict = await doctor(system.dir, {
    ...env,
    SERVICE_TOKEN_SECRET: "another secret of the test, long enough too",
  });
  expect(strict).toMatchObject({ exitCode: 0, found: [] });
});

test("of one part only what that part needs is looked at", async () => {
  await using system = await systemCopy("greetings");
  const env = {
    NODE_ENV: "production",
    HOST: "127.0.0.1",
    SERVICE_TOKEN_SECRET: "a secret of the test, long enough",
    JWT_SECRET,
  };
  const look = async (...part: readonly string[]) => {
    const { exitCode, stdout } = await parley(["doctor", ...part, "--system", system.dir, "--json"], { env });
    return { exitCode, checks: (JSON.parse(stdout).diagnoses as Diagnosis[]).map(({ message }) => message).join() };
  };
  expect(await look()).toMatchObject({ exitCode: 1, checks: expect.stringContaining("NAMEDB_URL must be set") });
  const one = await look("greeting-service");
  expect(one.exitCode).toBe(0);
  expect(one.checks).toContain("greeting-service can listen");
  expect(one.checks).not.toContain("door can listen");
});

test("a system that nothing verifies users of is warned of in development, and would not start in production", async () => {
  await using system = await systemCopy("greetings");
  const look = async (env: Readonly<Record<string, string>>) => {
    const { exitCode, found } = await doctor(system.dir, { HOST: "127.0.0.1", PARLEY_DATABASE: "embedded", ...env });
    return { exitCode, found: found.filter(({ check }) => check !== "service tokens") };
  };
  const message = expect.stringContaining("nothing verifies users, so anybody may call 3 methods that are not public");
  const [empty] = (await look({ JWT_SECRET: "" })).found;
  expect(empty?.message).toBe("JWT_SECRET is set and empty, which counts as not set: production refuses it");
  expect(await look({ JWT_SECRET: "" })).toMatchObject({ exitCode: 0, found: [empty, { level: "warning", message }] });
  expect(await look({ JWT_SECRET: "x" })).toMatchObject({ exitCode: 0, found: [{ level: "warning" }] });
  const unset = await parley(["doctor", "--system", system.dir, "--json"], {
    env: { NODE_ENV: "production", HOST: "127.0.0.1", PARLEY_DATABASE: "embedded" },
  });
  expect(unset.exitCode).toBe(1);
  expect(JSON.parse(unset.stdout).diagnoses).toContainEqual({
    check: "users",
    level: "problem",
    message,
    remedy: expect.stringContaining("Set JWT_SECRET"),
  });
  for (const secret of ["", "x"])
    expect(await look({ NODE_ENV: "production", JWT_SECRET: secret })).toMatchObject({ exitCode: 1 });
});

test("everything that would stop the start is found at once, and each finding says what to do", async () => {
  await using system = await systemCopy("greetings");
  await using taken = createServer().listen(0, "127.0.0.1");
  await once(taken, "listening");
  const port = (taken.address() as { port: number }).port;
  const { exitCode, found } = await doctor(system.dir, {
    DOOR_PORT: String(port),
    NAMEDB_URL: `postgres://ada:s3cret@127.0.0.1:${await freePort()}/namedb`,
    GREETING_SERVICE_URL: "nowhere.invalid:50051",
  });
  expect(exitCode).toBe(1);
  expect(found.map(({ check, level }) => `${check}: ${level}`)).toEqual([
    "ports: problem",
    "databases: problem",
    "addresses: warning",
  ]);
  for (const { remedy } of found) expect(remedy).toMatch(/\w+/);
  expect(found[0]?.message).toContain("door");
  expect(JSON.stringify(found)).not.toContain("s3cret");
});

test("a broker that does not answer is found, without its password; one that does is named", async () => {
  const look = async (url: string) => {
    const env = { EVENTS_URL: url, PARLEY_DATABASE: "embedded" };
    const { stdout } = await parley(["doctor", "--system", WELCOMES_DIR, "--json"], { env });
    return (JSON.parse(stdout).diagnoses as Diagnosis[]).filter(({ check }) => check === "events");
  };
  const port = await freePort();
  const [away] = await look(`nats://ada:s3cret@127.0.0.1:${port},other:s3cret@127.0.0.1:1`);
  expect(away).toMatchObject({ level: "problem", remedy: expect.stringContaining("npm run services up nats") });
  expect(away?.message).toContain(`nats://127.0.0.1:${port},127.0.0.1:1 (nats) does not answer`);
  expect(away?.message).not.toContain("s3cret");
  await using broker = createServer().listen(0, "127.0.0.1");
  await once(broker, "listening");
  const { port: open } = broker.address() as { port: number };
  expect(await look(`amqp://127.0.0.1:${open}/vhost`)).toMatchObject([
    { level: "ok", message: `amqp://127.0.0.1:${open}/vhost (rabbitmq) answers` },
  ]);
  expect(await look("")).toMatchObject([{ level: "ok", message: "are kept in the embedded database" }]);
});

test("every mistake in the configuration is listed with its place", async () => {
  await using system = await systemCopy("greetings");
  await system.edit("policy.yaml", "call: 3s", "call: 3\n  cal: 3s");
  const { exitCode, found } = await doctor(system.dir, { LOG_FORMAT: "loud" });
  expect(exitCode).toBe(1);
  const messages = found.map(({ message }) => message).join("\n");
  expect(messages).toMatch(/policy\.yaml:\d+:\d+ timeouts\.call /);
  expect(messages).toMatch(/policy\.yaml:\d+:\d+ timeouts\.cal /);
  expect(messages).toContain("LOG_FORMAT");
});

test("code that does not match the contracts, and a variable that nothing reads, are worth a look", async () => {
  await using system = await systemCopy("greetings");
  await system.edit("gen/names/v1/names_pb.ts", "/* eslint-disable */", "/* changed */");
  const { exitCode, found } = await doctor(system.dir, { NAME_SERVICE_PROT: "1" });
  expect(exitCode).toBe(0);
  expect(found).toMatchObject([
    { check: "contracts", level: "warning", message: expect.stringContaining("names/v1/names_pb.ts") },
    { check: "environment", level: "warning", remedy: "Did you mean NAME_SERVICE_PORT?" },
  ]);
});

test("a folder that holds no system is a finding, not a crash", async () => {
  const { exitCode, found } = await doctor(import.meta.dirname);
  expect(exitCode).toBe(1);
  expect(found.map(({ check }) => check)).toEqual(["contracts", "system"]);
});

test("the time of each route is printed with the setting that decides it", async () => {
  await using system = await systemCopy("greetings");
  const env = { PARLEY_DATABASE: "embedded", GATEWAY_TIMEOUT: "2s", CALL_TIMEOUT: "4s" };
  const { stdout } = await parley(["doctor", "door", "--system", system.dir, "--json"], { env });
  const messages = (JSON.parse(stdout).diagnoses as Diagnosis[]).filter(({ check }) => check === "timeouts");
  expect(messages.map(({ message }) => message)).toContain("GET /greetings/{id} ends after 2s (GATEWAY_TIMEOUT)");
});

import { readFile } from "node:fs/promises";
import { realPostgres } from "@parley/postgres/testing";
import { describe, expect, onTestFinished, test } from "vitest";
import { canStartNats, startNats } from "../../systems/gradeloop/test/support/own-nats.ts";
import { readParts } from "./compose-file.ts";
import { placeParts, type RunningPart, startPart } from "./compose-run.ts";

const ORDERS = new URL("../orders/compose.yaml", import.meta.url);
const GRADELOOP = new URL("../gradeloop/compose.yaml", import.meta.url);
const SECRET = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
const VARIABLES = {
  JWT_SECRET: SECRET,
  SERVICE_TOKEN_SECRET: SECRET,
  ADMIN_EMAIL: "root@example.com",
  ADMIN_PASSWORD: "a password that is long",
};
/** Each part is a process that compiles its sources, and as many start at once as there are parts. */
const START_LIMIT_MS = 240_000;

const postgres = await realPostgres();

/** In the order of `depends_on`: a part starts when those it waits for are healthy. */
async function startAll(
  file: URL,
  servers: Readonly<Record<string, string>>,
): Promise<ReadonlyMap<string, RunningPart>> {
  const parts = await placeParts(readParts(file, VARIABLES), servers);
  const started = new Map<string, Promise<RunningPart>>();
  const start = (name: string): Promise<unknown> => {
    const part = parts.find((each) => each.name === name);
    if (!part) return Promise.resolve(); // a server, which runs already
    const earlier = started.get(name);
    if (earlier) return earlier;
    const starting = (async () => {
      await Promise.all(part.dependsOn.map(start));
      const running = startPart(part);
      onTestFinished(() => running[Symbol.asyncDispose]());
      await running.healthy();
      return running;
    })();
    started.set(name, starting);
    return starting;
  };
  await Promise.all(parts.map(({ name }) => start(name)));
  return new Map(await Promise.all([...started].map(async ([name, running]) => [name, await running] as const)));
}

function portOf(parts: ReadonlyMap<string, RunningPart>, name: string): number {
  const part = parts.get(name);
  if (!part) throw new Error(`the compose file has no part "${name}"`);
  return part.port;
}

/** Runs the `databases.sql` beside a compose file, with names of this run's own. Gives the addresses that take the place of the file's. */
async function makeDatabases(compose: URL, server: NonNullable<typeof postgres>): Promise<Record<string, string>> {
  const script = await readFile(new URL("databases.sql", compose), "utf8");
  const addresses: Record<string, string> = {};
  for (const [, name = ""] of script.matchAll(/^CREATE DATABASE (\w+);$/gm)) {
    const address = server.missingDatabase();
    await server.query(`CREATE DATABASE ${new URL(address).pathname.slice(1)}`);
    addresses[`postgres://postgres:postgres@postgres:5432/${name}`] = address;
  }
  return addresses;
}

async function stopAll(parts: ReadonlyMap<string, RunningPart>): Promise<void> {
  for (const part of parts.values()) part.signal("SIGTERM");
  const codes = await Promise.all([...parts.values()].map(async ({ name, ended }) => [name, await ended]));
  expect(codes.filter(([, code]) => code !== 0)).toEqual([]);
}

test.each([
  ["orders", "JWT_SECRET", ORDERS],
  ["gradeloop", "SERVICE_TOKEN_SECRET", GRADELOOP],
  ["gradeloop", "ADMIN_PASSWORD", GRADELOOP],
])("the compose file of %s does not start without %s", (_, variable, file) => {
  expect(() => readParts(file, { ...VARIABLES, [variable]: "" })).toThrow(`${variable} must`);
});

test.each([
  ["orders", ORDERS],
  ["gradeloop", GRADELOOP],
])("no part of %s gets the address of a database that is not its own", (_, file) => {
  for (const { name, env } of readParts(file, VARIABLES)) {
    const addresses = Object.values(env).filter((value) => value.startsWith("postgres://"));
    expect({ name, addresses: addresses.length }).toEqual({ name, addresses: name.includes("gateway") ? 0 : 1 });
  }
});

describe.skipIf(!postgres)("with exactly the environment of its compose file, one process for each part", () => {
  if (!postgres) return;

  test("orders starts, serves and stops cleanly", { timeout: START_LIMIT_MS }, async () => {
    const parts = await startAll(ORDERS, await makeDatabases(ORDERS, postgres));
    expect([...parts.keys()].sort()).toEqual([
      "api-gateway-1",
      "api-gateway-2",
      "api-gateway-3",
      "order-service",
      "user-service",
    ]);
    for (const name of ["api-gateway-1", "api-gateway-2", "api-gateway-3"]) {
      const origin = `http://127.0.0.1:${portOf(parts, name)}`;
      expect(await (await fetch(`${origin}/health`)).json()).toEqual({
        status: "ok",
        services: { userService: "connected", orderService: "connected" },
      });
      expect((await fetch(`${origin}/users`)).status).toBe(401);
    }
    await stopAll(parts);
  });

  test.skipIf(!canStartNats())("gradeloop starts, serves and stops cleanly", { timeout: START_LIMIT_MS }, async () => {
    await using nats = await startNats();
    const parts = await startAll(GRADELOOP, {
      ...(await makeDatabases(GRADELOOP, postgres)),
      "nats://nats:4222": nats.url,
    });
    const origin = `http://127.0.0.1:${portOf(parts, "gateway")}`;
    expect((await fetch(`${origin}/health`)).status).toBe(200);
    const login = await fetch(`${origin}/api/v1/auth/login`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ email: VARIABLES.ADMIN_EMAIL, password: VARIABLES.ADMIN_PASSWORD }),
    });
    const { data } = (await login.json()) as { data: { access_token: string } };
    const courses = await fetch(`${origin}/api/v1/courses`, {
      headers: { authorization: `Bearer ${data.access_token}` },
    });
    expect(await courses.json()).toMatchObject({ data: [] });
    await stopAll(parts);
  });
});

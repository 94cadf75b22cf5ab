import { realPostgres } from "@parley/postgres/testing";
import { runSystem } from "@parley/runtime";
import { expect, test } from "vitest";
import { greetings } from "../greetings.ts";
import { call } from "../http.ts";

const server = await realPostgres();
const url = server?.missingDatabase();

test.skipIf(!url)(
  "in development a database that is missing on the server is made and migrated, and kept",
  async () => {
    const env = { LOG_LEVEL: "silent", NAMEDB_URL: url ?? "" };
    const running = await runSystem(greetings, { env });
    try {
      const door = running.parts.find(({ name }) => name === "door")?.address;
      expect(await call(`${door}/names`, { method: "POST", json: { name: "Ada" } })).toMatchObject({ status: 201 });
      expect((await call(`${door}/greetings/1`)).body).toBe('{"greeting":"Hello, Ada"}');
    } finally {
      expect(await running.stop()).toBe("drained");
    }
    expect(await server?.query("SELECT id, name FROM names", { url: env.NAMEDB_URL })).toMatchObject({
      rows: [{ id: 1, name: "Ada" }],
    });
    const sessions = "SELECT 1 FROM pg_stat_activity WHERE datname = $1";
    const left = await server?.query(sessions, { params: [new URL(env.NAMEDB_URL).pathname.slice(1)] });
    expect(left?.rowCount).toBe(0);
  },
);

test.skipIf(!url)("in production a database that is missing is an error that names it, and none is made", async () => {
  const missing = new URL(url ?? "");
  missing.pathname = "/parley_test_not_there";
  const JWT_SECRET = "a secret of the test, long enough for HS256";
  const env = { LOG_LEVEL: "silent", NODE_ENV: "production", HOST: "127.0.0.1", NAMEDB_URL: missing.href, JWT_SECRET };
  await expect(runSystem(greetings, { env })).rejects.toThrow(
    /namedb of name-service cannot be opened: .*parley_test_not_there/,
  );
  const made = await server?.query("SELECT 1 FROM pg_database WHERE datname = 'parley_test_not_there'");
  expect(made?.rowCount).toBe(0);
});

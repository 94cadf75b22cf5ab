import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type StartedSystem, startForTest } from "@parley/runtime/testing";
import { SignJWT } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePort } from "../../../../../scripts/testing/free-port.ts";
import { WELCOMES_DIR, welcomes } from "../welcomes.ts";
import { fixture, parley } from "./support/run-parley.ts";

const JWT_SECRET = "the secret of users' tokens, long enough";

let system: StartedSystem;
let env: Readonly<Record<string, string>>;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "token-"));
  env = { NAME_SERVICE_PORT: String(await freePort()), GREETING_SERVICE_PORT: String(await freePort()) };
  system = await startForTest(welcomes, { env: { ...env, JWT_SECRET } });
}, 60_000);
afterAll(async () => {
  await system?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const tokenOf = (roles: readonly string[], secret = JWT_SECRET): Promise<string> =>
  new SignJWT({ sub: "olga", roles: [...roles] })
    .setProtectedHeader({ alg: "HS256" })
    .setExpirationTime("1h")
    .sign(new TextEncoder().encode(secret));

describe("a system whose users are known, and that has no service tokens", () => {
  const dlq = (args: readonly string[], variables: Readonly<Record<string, string>> = {}, input = "") =>
    parley(["dlq", ...args, "--system", WELCOMES_DIR], { env: { ...env, ...variables }, input });

  test("its dead letters are for an operator's token, from the flag, a file, standard input or the environment", async () => {
    const token = await tokenOf(["admin"]);
    const path = join(folder, "operator.token");
    await writeFile(path, `Bearer ${token}\n`);
    const none = { exitCode: 0, stdout: "no dead letters\n", stderr: "" };
    expect(await dlq(["--token", token])).toEqual(none);
    expect(await dlq(["--token", `@${path}`])).toEqual(none);
    expect(await dlq(["--token", "@-"], {}, token)).toEqual(none);
    expect(await dlq([], { PARLEY_TOKEN: token })).toEqual(none);
    expect(await dlq(["--token", token], { PARLEY_TOKEN: await tokenOf([]) })).toEqual(none);
  });

  test("without a token the way out is told, and a token that does not hold is not shown", async () => {
    for (const variables of [{}, { PARLEY_TOKEN: "" }] as const) {
      const without = await dlq([], variables);
      expect(without.exitCode).toBe(1);
      expect(without.stderr).toMatch(
        /UNAUTHENTICATED: \w+-service: .*give a user's token with --token or PARLEY_TOKEN/,
      );
    }
    const bad = await tokenOf(["admin"], "another secret of the test, long enough");
    const refused = await dlq(["--token", bad]);
    expect(refused.stderr).toMatch(/UNAUTHENTICATED: (\w+-service): .*the log of \1 says why/);
    expect(refused.stderr).not.toContain(bad);
    expect((await dlq(["--token", await tokenOf(["student"])])).stderr).toContain("PERMISSION_DENIED");
  });

  test.each([
    ["", "--token is empty"],
    ["two words", "--token is no token"],
    ["@nowhere.token", "--token @nowhere.token: cannot read"],
  ])("--token %j is refused, without its text", async (token, message) => {
    const { exitCode, stderr } = await dlq(["--token", token]);
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining(message)]);
    expect(stderr).not.toContain("two words");
  });

  test("a call takes the same, and a typed header counts before the environment", async () => {
    const call = (args: readonly string[], PARLEY_TOKEN = "") => {
      const line = ["call", "NameService/AddName", "-d", '{"name":"Ada"}', "--system", fixture("greetings"), ...args];
      return parley(line, { env: { ...env, PARLEY_TOKEN } });
    };
    const token = await tokenOf([]);
    expect(await call(["--token", token])).toMatchObject({ exitCode: 0 });
    expect(await call([], token)).toMatchObject({ exitCode: 0 });
    expect(await call(["-H", `authorization: Bearer ${token}`], "made-up")).toMatchObject({ exitCode: 0 });
    expect((await call([])).stderr).toContain("give a user's token with --token or PARLEY_TOKEN");
    expect((await call([], "made-up")).stderr).toContain("the log of NameService says why");
  });

  test("the variable of the command is none that nothing reads", async () => {
    const { stdout } = await parley(["doctor", "--system", WELCOMES_DIR], { env: { ...env, PARLEY_TOKEN: "x.y.z" } });
    expect(stdout).not.toContain("PARLEY_TOKEN");
  });
});

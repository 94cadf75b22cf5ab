import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Metadata } from "@parley/core";
import { createChannel, createClient } from "@parley/rpc";
import { resolveConfig, startPart } from "@parley/runtime";
import { openServiceTokenSecret } from "@parley/runtime/internal";
import { startForTest } from "@parley/runtime/testing";
import { afterEach, describe, expect, test } from "vitest";
import { parley } from "../cli/support/run-parley.ts";
import { VaultService } from "../fixtures/vault/gen/vault/v1/vault_pb.ts";
import { createIssuer, SECRET, vaultSystem } from "./vault.ts";

const folders: string[] = [];
async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "tokens-"));
  folders.push(path);
  return path;
}
afterEach(async () => {
  for (const path of folders.splice(0)) await rm(path, { recursive: true, force: true });
});

const required = async () => vaultSystem(await createIssuer(), { policy: "required.yaml" });
const lax = async () => vaultSystem(await createIssuer());

describe("the secret", () => {
  test("production with tokens required and no secret is refused by name", async () => {
    await expect(resolveConfig(await required(), { env: { NODE_ENV: "production" } })).rejects.toMatchObject({
      code: "FAILED_PRECONDITION",
      message: expect.stringContaining("SERVICE_TOKEN_SECRET must be set in production"),
    });
  });

  test("without a policy tokens are asked for once there is a secret", async () => {
    expect((await resolveConfig(await lax(), { env: {} })).serviceTokens).toEqual({ kind: "off" });
    const { serviceTokens } = await resolveConfig(await lax(), { env: { SERVICE_TOKEN_SECRET: SECRET } });
    expect(serviceTokens).toEqual({ kind: "secret", secret: SECRET });
  });

  test("the secret of users' tokens must not be it too", async () => {
    const env = { SERVICE_TOKEN_SECRET: SECRET, JWT_SECRET: SECRET };
    await expect(resolveConfig(await lax(), { env })).rejects.toThrow("must not be JWT_SECRET");
  });

  test("production refuses one that can be guessed, and does not show it", async () => {
    const env = { NODE_ENV: "production", SERVICE_TOKEN_SECRET: "hunter2" };
    const error = await resolveConfig(await lax(), { env }).catch((thrown: Error) => thrown);
    expect(String(error)).toContain(
      "SERVICE_TOKEN_SECRET must have at least 32 random characters in production, got 7",
    );
    expect(String(error)).not.toContain("hunter2");
  });

  test("in development it is made once, by whoever comes first, for its owner's eyes alone", async () => {
    const path = join(await folder(), "data", "secret");
    const secrets = await Promise.all(Array.from({ length: 20 }, () => openServiceTokenSecret({ kind: "kept", path })));
    expect(new Set(secrets).size).toBe(1);
    expect(secrets[0]).toMatch(/^[\w-]{43}$/);
    expect(await openServiceTokenSecret({ kind: "kept", path })).toBe(secrets[0]);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  test("a place where it cannot be kept is told, with the way out", async () => {
    const path = join(await folder(), "taken");
    await expect(openServiceTokenSecret({ kind: "kept", path: join("/dev/null", "secret") })).rejects.toMatchObject({
      code: "FAILED_PRECONDITION",
      message: expect.stringContaining("set SERVICE_TOKEN_SECRET"),
    });
    await expect(readFile(path)).rejects.toThrow("ENOENT");
  });
});

describe("a system that requires tokens", () => {
  test("finds one secret in development, also with its parts in runs of their own", async () => {
    const PARLEY_DATA_DIR = await folder();
    const env = { PARLEY_DATA_DIR, LOG_LEVEL: "silent" };
    const system = await required();
    await using vault = await startForTest(system, { part: "vault-service", env });
    await using clerk = await startForTest(system, {
      part: "clerk-service",
      env: { ...env, VAULT_SERVICE_URL: vault.addressOf("vault-service") },
    });
    const { ClerkService } = await import("../fixtures/vault/gen/vault/v1/vault_pb.ts");
    expect(await clerk.clientOf(ClerkService).alone({ method: "look" })).toMatchObject({ caller: "clerk-service" });
    const secret = await readFile(join(PARLEY_DATA_DIR, "service-token.secret"), "utf8");
    expect(secret).toHaveLength(43);
  });

  test("parts with different secrets refuse each other, which is nobody's fault at the door: INTERNAL", async () => {
    const system = await required();
    await using vault = await startForTest(system, {
      part: "vault-service",
      env: { SERVICE_TOKEN_SECRET: "another secret of the test, also long" },
    });
    await using clerk = await startForTest(system, {
      part: "clerk-service",
      env: { SERVICE_TOKEN_SECRET: SECRET, VAULT_SERVICE_URL: vault.addressOf("vault-service") },
    });
    const { ClerkService } = await import("../fixtures/vault/gen/vault/v1/vault_pb.ts");
    await expect(clerk.clientOf(ClerkService).alone({ method: "look" })).rejects.toMatchObject({ code: "INTERNAL" });
  });

  test("reflection needs a token in production, health does not", async () => {
    const { checkHealth, listServices } = await import("@parley/rpc");
    const env = {
      NODE_ENV: "production",
      HOST: "127.0.0.1",
      LOG_LEVEL: "silent",
      SERVICE_TOKEN_SECRET: SECRET,
      VAULT_SERVICE_PORT: "0",
    };
    const running = await startPart(await required(), "vault-service", { env });
    const channel = createChannel({ target: running.parts[0]?.address ?? "" });
    expect(await checkHealth(channel)).toBe("serving");
    await expect(listServices(channel)).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
    await channel.close();
    await running.stop();
  });
});

describe("parley token", () => {
  const vault = new URL("../fixtures/vault", import.meta.url).pathname;
  const make = (args: readonly string[], env: Record<string, string> = { SERVICE_TOKEN_SECRET: SECRET }) =>
    parley(["token", "--system", vault, ...args], { env });

  test("its token opens the services it is for, and no other", async () => {
    await using system = await startForTest(await lax(), { env: { SERVICE_TOKEN_SECRET: SECRET } });
    const channel = createChannel({ target: system.addressOf("vault-service") });
    const look = (token: string) =>
      createClient(VaultService, channel).look({}, { metadata: new Metadata([["x-service-token", token.trim()]]) });
    const { stdout } = await make(["--service", "go-client", "--for", "vault-service"]);
    expect(await look(stdout)).toMatchObject({ caller: "go-client" });
    expect(await look((await make(["--service", "go-client"])).stdout)).toMatchObject({ caller: "go-client" });
    const other = (await make(["--service", "go-client", "--for", "key-service"])).stdout;
    await expect(look(other)).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
    await channel.close();
  });

  test("for programs it says what the token is", async () => {
    const { stdout } = await make(["--service", "go-client", "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({
      service: "go-client",
      audience: ["key-service", "vault-service", "clerk-service"],
    });
  });

  test.each([
    [["--service", "Go Client"], 2, "must be lower-case words"],
    [["--service", "go-client", "--ttl", "3"], 2, "must be a time with its unit"],
    [["--service", "go-client", "--for", "valt-service"], 2, 'did you mean "vault-service"'],
  ])("%j is refused", async (args, exitCode, message) => {
    const run = await make(args);
    expect(run.exitCode).toBe(exitCode);
    expect(run.stderr).toContain(message);
  });

  test("a system that asks for no tokens says so", async () => {
    const run = await make(["--service", "go-client"], { SERVICE_TOKEN_SECRET: "" });
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toContain("ask for no token: set SERVICE_TOKEN_SECRET");
  });
});

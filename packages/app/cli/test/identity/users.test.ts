import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Metadata, noopLogger } from "@parley/core";
import { createChannel, createClient } from "@parley/rpc";
import { resolveConfig } from "@parley/runtime";
import { warnOfDoubts } from "@parley/runtime/internal";
import { startForTest } from "@parley/runtime/testing";
import { exportJWK, exportSPKI, generateKeyPair, SignJWT } from "jose";
import type { IdentityKeys } from "parleyjs";
import { partsOf } from "parleyjs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { VaultService } from "../fixtures/vault/gen/vault/v1/vault_pb.ts";
import { createIssuer, type Issuer, SECRET, vaultSystem } from "./vault.ts";

const JWT_SECRET = "the secret of users' tokens, long enough";
const WITHOUT = { identity: undefined } as unknown as object;
const ISSUER = "https://us.example";

let issuer: Issuer;
let keys: Awaited<ReturnType<typeof generateKeyPair>>;
let folder: string;
beforeAll(async () => {
  [issuer, keys, folder] = await Promise.all([
    createIssuer(),
    generateKeyPair("RS256", { extractable: true }),
    mkdtemp(join(tmpdir(), "users-")),
  ]);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const signed = (claims: object, key: Parameters<SignJWT["sign"]>[0], alg: string): Promise<string> =>
  new SignJWT({ sub: "ada", iss: ISSUER, ...claims }).setProtectedHeader({ alg }).setExpirationTime("1h").sign(key);
const withSecret = (claims: object = {}, secret = JWT_SECRET) =>
  signed(claims, new TextEncoder().encode(secret), "HS256");
const withKey = (claims: object = {}) => signed(claims, keys.privateKey, "RS256");

/** What a token gets at the gateway, and at the service itself. */
async function bothSides(options: object, token: string, env: Readonly<Record<string, string>> = {}) {
  await using system = await startForTest(vaultSystem(issuer, options), { env });
  const authorization = `Bearer ${token}`;
  const channel = createChannel({ target: system.addressOf("vault-service") });
  const client = createClient(VaultService, channel);
  const metadata = new Metadata([["authorization", authorization]]);
  const get = async (path: string, headers: Record<string, string> = { authorization }) => {
    const response = await fetch(`${system.addressOf("door")}${path}`, { headers });
    return response.ok ? response.json() : response.status;
  };
  const code = ({ code: text }: { code: string }) => text;
  try {
    return {
      gateway: { look: await get("/look"), open: await get("/open"), nobody: await get("/look", {}) },
      service: {
        look: await client.look({}, { metadata }).catch(code),
        open: await client.open({}, { metadata }).catch(code),
        nobody: await client.look({}).catch(code),
      },
    };
  } finally {
    await channel.close();
  }
}

const asAda = { subject: "ada" };

describe("each source of keys is all that a system needs: the same user at the gateway and at the services", () => {
  const KEEPER = {
    gateway: { look: asAda, open: asAda, nobody: 401 },
    service: { look: asAda, open: asAda, nobody: "UNAUTHENTICATED" },
  };
  const file = async (name: string, text: string): Promise<string> => {
    await writeFile(join(folder, name), text);
    return pathToFileURL(join(folder, name)).href;
  };
  const keySet = async () => JSON.stringify({ keys: [await exportJWK(keys.publicKey)] });

  test("JWT_SECRET alone, and roles are asked for at both", async () => {
    const env = { JWT_SECRET };
    expect(await bothSides(WITHOUT, await withSecret({ roles: ["keeper"] }), env)).toMatchObject(KEEPER);
    expect(await bothSides(WITHOUT, await withSecret({ roles: ["student"] }), env)).toMatchObject({
      gateway: { look: asAda, open: 403 },
      service: { look: asAda, open: "PERMISSION_DENIED" },
    });
  });

  test("an identity whose secret is JWT_SECRET, with roles at a path", async () => {
    const identity = { issuer: ISSUER, rolesClaim: "realm_access.roles" };
    const token = await withSecret({ realm_access: { roles: ["keeper"] } });
    expect(await bothSides({ identity }, token, { JWT_SECRET })).toMatchObject(KEEPER);
    const other = await withSecret({ iss: "https://other", realm_access: { roles: ["keeper"] } });
    expect(await bothSides({ identity }, other, { JWT_SECRET })).toMatchObject({ gateway: { look: 401 } });
  });

  test.each<[string, () => Promise<IdentityKeys>]>([
    ["a PEM text", async () => ({ publicKey: await exportSPKI(keys.publicKey), algorithm: "RS256" })],
    [
      "a PEM file",
      async () => ({ publicKey: await file("key.pem", await exportSPKI(keys.publicKey)), algorithm: "RS256" }),
    ],
    ["a JWKS file", async () => ({ jwksUrl: await file("keys.json", await keySet()) })],
  ])("%s", async (_, make) => {
    const identity = { issuer: ISSUER, keys: await make() };
    expect(await bothSides({ identity }, await withKey({ roles: ["keeper"] }))).toMatchObject(KEEPER);
  });

  test("a JWKS address", async () => {
    const text = await keySet();
    const server = createServer((_, response) => void response.end(text));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const jwksUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`;
    const identity = { issuer: ISSUER, keys: { jwksUrl } };
    expect(await bothSides({ identity }, await withKey({ roles: ["keeper"] }))).toMatchObject(KEEPER);
    server.closeAllConnections();
    server.close();
  });

  test.each<[string, () => IdentityKeys, string]>([
    ["a file: key set", () => ({ jwksUrl: pathToFileURL(join(folder, "nowhere.json")).href }), "ENOENT"],
    [
      "a PEM file",
      () => ({ publicKey: pathToFileURL(join(folder, "nowhere.pem")).href, algorithm: "RS256" }),
      "ENOENT",
    ],
    ["a PEM text", () => ({ publicKey: "issuer.pem", algorithm: "RS256" }), "must be a public key in PEM"],
  ])("%s that cannot be read is refused at the start, by each part", async (_, make, message) => {
    const system = vaultSystem(issuer, { identity: { issuer: ISSUER, keys: make() } });
    for (const part of ["vault-service", "door"]) {
      const env = { VAULT_SERVICE_URL: "localhost:1", CLERK_SERVICE_URL: "localhost:1" };
      await expect(startForTest(system, { part, env })).rejects.toMatchObject({
        code: "FAILED_PRECONDITION",
        message: expect.stringMatching(new RegExp(`identity\\.keys cannot be used: .*${message}`, "s")),
      });
    }
  });
});

describe("what a contract keeps from anybody, and nothing does", () => {
  const production = { NODE_ENV: "production", HOST: "127.0.0.1" };
  const start = (part: string | undefined, env: Readonly<Record<string, string>>) =>
    startForTest(vaultSystem(issuer, WITHOUT), { ...(part !== undefined && { part }), env: { ...production, ...env } });

  test.each([
    [undefined, {}],
    ["vault-service", {}],
    ["clerk-service", {}],
    ["door", { VAULT_SERVICE_URL: "localhost:1", CLERK_SERVICE_URL: "localhost:1" }],
    ["vault-service", { SERVICE_TOKEN_SECRET: SECRET }],
  ])("in production %s does not start with %j", async (part, env) => {
    await expect(start(part, env)).rejects.toMatchObject({
      code: "FAILED_PRECONDITION",
      message: expect.stringMatching(/nothing verifies users, so anybody may call .* Set JWT_SECRET/),
    });
  });

  test("a part whose methods are all public starts, and so does one whose users are verified", async () => {
    await using keyService = await start("key-service", {});
    expect(keyService.addressOf("key-service")).toContain(":");
    await using vault = await start("vault-service", { JWT_SECRET });
    const channel = createChannel({ target: vault.addressOf("vault-service") });
    await expect(createClient(VaultService, channel).open({})).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
    await channel.close();
  });

  test("development starts and warns, of the roles first", async () => {
    const lines: string[] = [];
    const log = { ...noopLogger, warn: (_: object, message = "") => void lines.push(message) };
    const { definition, directory } = vaultSystem(issuer, WITHOUT);
    const warn = async (env: Readonly<Record<string, string>>) => {
      lines.length = 0;
      const config = await resolveConfig({ definition, directory }, { env });
      warnOfDoubts(definition, partsOf(definition), config, log);
      return lines;
    };
    expect(await warn({})).toEqual([
      expect.stringMatching(
        /anybody may call 5 methods that are not public, such as vault\.v1\.VaultService\/Open \(roles: keeper, admin\); in production it does not start/,
      ),
    ]);
    expect(await warn({ JWT_SECRET })).toEqual([]);
    expect((await warn({ JWT_SECRET: "" })).join("\n")).toContain(
      "JWT_SECRET is set and empty, which counts as not set",
    );
    expect((await warn({ JWT_SECRET: "x" })).join("\n")).toContain("must have at least 32 random characters");
  });
});

describe("secrets", () => {
  const messageOf = async (env: Readonly<Record<string, string>>, options: object = WITHOUT) =>
    resolveConfig(vaultSystem(issuer, options), { env }).then(
      () => "ok",
      (error: Error) => error.message,
    );

  test.each(["JWT_SECRET", "SERVICE_TOKEN_SECRET"])(
    "%s is refused in production if it is short or empty, and never shown",
    async (name) => {
      const base = { NODE_ENV: "production", JWT_SECRET, SERVICE_TOKEN_SECRET: SECRET };
      expect(await messageOf(base)).toBe("ok");
      const short = await messageOf({ ...base, [name]: "hunter2" });
      expect(short).toContain(`${name} must have at least 32 random characters in production, got 7`);
      expect(short).not.toContain("hunter2");
      for (const [text, message] of [
        ["", "is set and empty"],
        ["   ", "is not valid"],
      ] as const) {
        expect(await messageOf({ ...base, [name]: text })).toContain(`${name} ${message}`);
      }
      const accepted = `${name}_ACCEPTED`;
      expect(await messageOf({ ...base, [accepted]: "hunter2" })).toContain(`${accepted} must have at least 32`);
      expect(await messageOf({ ...base, [accepted]: "" })).toContain(`${accepted} is set and empty`);
    },
  );

  test("a secret in the code is held to the same", async () => {
    const identity = { keys: { secret: "hunter2" } };
    expect(await messageOf({ NODE_ENV: "production" }, { identity })).toContain(
      "identity.keys.secret must have at least 32",
    );
    expect(await messageOf({}, { identity })).toBe("ok");
    expect(await messageOf({ NODE_ENV: "production", JWT_SECRET }, { identity })).toBe("ok");
  });

  test("a public key is no secret, and none of users is one of services", async () => {
    const pem = await exportSPKI(keys.publicKey);
    expect(await messageOf({ JWT_SECRET: pem })).toContain("JWT_SECRET is a key in PEM");
    for (const name of ["JWT_SECRET", "JWT_SECRET_ACCEPTED"]) {
      for (const other of ["SERVICE_TOKEN_SECRET", "SERVICE_TOKEN_SECRET_ACCEPTED"]) {
        const env = {
          JWT_SECRET,
          SERVICE_TOKEN_SECRET: SECRET,
          [name]: "one and the same for both of them",
          [other]: "one and the same for both of them",
        };
        expect(await messageOf(env)).toContain(`must not be ${name}`);
      }
    }
  });

  test("one that is accepted needs the one that signs", async () => {
    expect(await messageOf({ JWT_SECRET_ACCEPTED: JWT_SECRET })).toContain("needs JWT_SECRET beside it");
    expect(await messageOf({ SERVICE_TOKEN_SECRET_ACCEPTED: SECRET })).toContain(
      "needs SERVICE_TOKEN_SECRET beside it",
    );
  });

  test("one that is set and not read is told", async () => {
    const { warnings } = await resolveConfig(vaultSystem(issuer), { env: { JWT_SECRET } });
    expect(warnings).toMatchObject([{ path: "JWT_SECRET", message: expect.stringContaining("not read") }]);
  });
});

test("the secrets are rotated part by part, and no call is refused at any step", async () => {
  const old = { JWT_SECRET, SERVICE_TOKEN_SECRET: SECRET };
  const next = {
    JWT_SECRET: "the next secret of users' tokens, so",
    SERVICE_TOKEN_SECRET: "the next secret of services, long enough",
  };
  const accepting = (own: typeof old, other: typeof old) => ({
    ...own,
    JWT_SECRET_ACCEPTED: other.JWT_SECRET,
    SERVICE_TOKEN_SECRET_ACCEPTED: other.SERVICE_TOKEN_SECRET,
  });
  // The steps of the page: accept the next, sign with it, forget the old. A caller may be one step ahead of its callee, or behind.
  const steps = [old, accepting(old, next), accepting(next, old), next];
  const system = vaultSystem(issuer, WITHOUT);
  for (const [index, step] of steps.entries()) {
    for (const other of [steps[index - 1], step, steps[index + 1]]) {
      if (!other) continue;
      await using vault = await startForTest(system, { part: "vault-service", env: step });
      const env = { ...other, VAULT_SERVICE_URL: vault.addressOf("vault-service"), CLERK_SERVICE_URL: "localhost:1" };
      await using door = await startForTest(system, { part: "door", env });
      for (const secret of index === 0 || other === old
        ? [old]
        : index === 3 || other === next
          ? [next]
          : [old, next]) {
        const authorization = `Bearer ${await withSecret({}, secret.JWT_SECRET)}`;
        const response = await fetch(`${door.addressOf("door")}/look`, { headers: { authorization } });
        expect([index, steps.indexOf(other), response.status]).toEqual([index, steps.indexOf(other), 200]);
      }
    }
  }
}, 60_000);

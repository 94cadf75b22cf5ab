import { Metadata, systemClock } from "@parley/core";
import { signServiceToken } from "@parley/identity";
import { createChannel, createClient } from "@parley/rpc";
import { type StartedSystem, startForTest } from "@parley/runtime/testing";
import { SignJWT } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ClerkService, VaultService } from "../fixtures/vault/gen/vault/v1/vault_pb.ts";
import { createIssuer, ISSUER, type Issuer, SECRET, vaultSystem } from "./vault.ts";

let issuer: Issuer;
let system: StartedSystem;
beforeAll(async () => {
  issuer = await createIssuer();
  system = await startForTest(vaultSystem(issuer), { env: { SERVICE_TOKEN_SECRET: SECRET } });
});
afterAll(async () => {
  await system?.[Symbol.asyncDispose]();
});

async function get(path: string, token?: string, headers: Record<string, string> = {}) {
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const response = await fetch(`${system.addressOf("door")}${path}`, { headers: { ...authorization, ...headers } });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

const serviceToken = (service: string, audience: string, ttlMs?: number) =>
  signServiceToken(
    { service, audience: [audience], ...(ttlMs !== undefined && { ttlMs }) },
    { secret: SECRET, clock: systemClock },
  );

/** A program from outside that calls the vault itself, with the headers it likes. */
async function outside(headers: Record<string, string>, method: "peek" | "look" | "open" | "clean" = "look") {
  const channel = createChannel({ target: system.addressOf("vault-service") });
  try {
    const metadata = new Metadata(Object.entries(headers));
    return await createClient(VaultService, channel)[method]({}, { metadata });
  } finally {
    await channel.close();
  }
}

describe("at the gateway", () => {
  test.each([
    ["/peek", undefined, 200],
    ["/look", undefined, 401],
    ["/look", [], 200],
    ["/open", undefined, 401],
    ["/open", ["student"], 403],
    ["/open", ["student", "keeper"], 200],
    ["/open", ["admin"], 200],
    ["/clean", ["keeper"], 403],
    ["/clean", ["admin"], 200],
    ["/watch", ["admin"], 403],
  ])("%s with the roles %j is %i", async (path, roles, status) => {
    const answer = await get(path, roles && (await issuer.token({ roles })));
    expect(answer.status).toBe(status);
    if (status === 401) expect(answer.body).toEqual({ error: { code: "UNAUTHORIZED", message: "Unauthorized" } });
    if (status === 403) expect(answer.body).toMatchObject({ error: { code: "FORBIDDEN" } });
  });

  test("the service sees who asks, verified by itself, and that the gateway calls", async () => {
    const { body } = await get("/look", await issuer.token({ tenant_id: "acme" }));
    expect(body).toEqual({ caller: "door", subject: "ada", tenant: "acme" });
  });

  test("a client cannot claim to be a service, nor another tenant", async () => {
    const forged = { "x-service-name": "key-service", "x-service-token": "x", "x-tenant-id": "other" };
    const { body } = await get("/look", await issuer.token({ tenant_id: "acme" }), forged);
    expect(body).toEqual({ caller: "door", subject: "ada", tenant: "acme" });
  });

  test("the document says which roles there are and what a refusal looks like", async () => {
    const { body } = await get("/docs/openapi.json", await issuer.token());
    const { paths } = body as { paths: Record<string, { get: { security?: unknown; responses: object } }> };
    expect(paths["/open"]?.get.security).toEqual([{ bearer: ["keeper"] }, { bearer: ["admin"] }]);
    expect(Object.keys(paths["/open"]?.get.responses ?? {})).toEqual(expect.arrayContaining(["401", "403"]));
    expect(paths["/look"]?.get.security).toEqual([{ bearer: [] }]);
    expect(paths["/peek"]?.get.security).toBeUndefined();
  });
});

describe("at the service, past the gateway", () => {
  const bearer = async (claims: object) => ({ authorization: `Bearer ${await issuer.token({ ...claims })}` });

  test.each([
    ["without a service token", async () => ({}), "a service token is needed"],
    ["with any text", async () => ({ "x-service-token": "let me in" }), "the service token is not valid"],
    [
      "with a token for another service",
      async () => ({ "x-service-token": await serviceToken("clerk-service", "key-service") }),
      "the service token is not meant for vault-service",
    ],
    [
      "with a token that has expired",
      async () => ({ "x-service-token": await serviceToken("clerk-service", "vault-service", -60_000) }),
      "the service token has expired",
    ],
    [
      "with another secret",
      async () => ({
        "x-service-token": await signServiceToken(
          { service: "clerk-service", audience: ["vault-service"] },
          { secret: "another secret of some length, as it is", clock: systemClock },
        ),
      }),
      "the service token is not valid",
    ],
    [
      "with a token without an end",
      async () => ({
        "x-service-token": await new SignJWT({ sub: "clerk-service", aud: "vault-service" })
          .setProtectedHeader({ alg: "HS256" })
          .sign(new TextEncoder().encode(SECRET)),
      }),
      "the service token is not valid",
    ],
    ["with a user's token in its place", async () => ({ "x-service-token": await issuer.token() }), "is not valid"],
    [
      "with the name of another",
      async () => ({
        "x-service-token": await serviceToken("clerk-service", "vault-service"),
        "x-service-name": "key-service",
      }),
      "the service token is one of clerk-service, and x-service-name says key-service",
    ],
  ])("a call %s is UNAUTHENTICATED, even of a public method", async (_, headers, message) => {
    const user = await bearer({ roles: ["admin"] });
    for (const method of ["peek", "look"] as const) {
      await expect(outside({ ...user, ...(await headers()) }, method)).rejects.toMatchObject({
        code: "UNAUTHENTICATED",
        message: expect.stringContaining(message),
      });
    }
  });

  test("who proves to be a service is let in, and is the caller", async () => {
    const token = { "x-service-token": await serviceToken("go-client", "vault-service") };
    expect(await outside(token)).toMatchObject({ caller: "go-client", subject: "" });
    expect(await outside({ ...token, "x-service-name": "go-client", ...(await bearer({})) })).toMatchObject({
      caller: "go-client",
      subject: "ada",
    });
  });

  test("roles are asked for again, and a bad user token is not taken for none", async () => {
    const token = { "x-service-token": await serviceToken("go-client", "vault-service") };
    const open = (user: Record<string, string>) => outside({ ...token, ...user }, "open");
    expect(await open(await bearer({ roles: "keeper" }))).toMatchObject({ subject: "ada" });
    await expect(open(await bearer({ roles: ["student"] }))).rejects.toMatchObject({
      code: "PERMISSION_DENIED",
      message: "this needs the role keeper or admin",
    });
    await expect(open({})).rejects.toMatchObject({ code: "PERMISSION_DENIED" });
    for (const authorization of ["Bearer x", "Basic x", `Bearer ${await issuer.token({ iss: "https://other" })}`]) {
      await expect(outside({ ...token, authorization })).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
    }
    expect(await outside({ ...token, authorization: "Bearer x" }, "peek")).toMatchObject({ subject: "" });
  });

  test("a stream is held to the same rules, before its first message", async () => {
    const watch = async (headers: Record<string, string>): Promise<unknown[]> => {
      const channel = createChannel({ target: system.addressOf("vault-service") });
      try {
        const metadata = new Metadata(Object.entries(headers));
        return await Array.fromAsync(createClient(VaultService, channel).watch({}, { metadata }));
      } finally {
        await channel.close();
      }
    };
    const token = { "x-service-token": await serviceToken("go-client", "vault-service") };
    await expect(watch(await bearer({ roles: ["keeper"] }))).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
    await expect(watch({ ...token, ...(await bearer({})) })).rejects.toMatchObject({ code: "PERMISSION_DENIED" });
    expect(await watch({ ...token, ...(await bearer({ roles: ["keeper"] })) })).toMatchObject([{ subject: "ada" }]);
  });

  test("health and, in development, reflection need nothing", async () => {
    const { checkHealth, listServices } = await import("@parley/rpc");
    const channel = createChannel({ target: system.addressOf("vault-service") });
    expect(await checkHealth(channel)).toBe("serving");
    expect(await listServices(channel)).toContain("vault.v1.VaultService");
    await channel.close();
  });
});

describe("between services", () => {
  test("the user's token travels along, and roles hold at the far end", async () => {
    expect((await get("/forward/open", await issuer.token({ roles: ["keeper"] }))).body).toMatchObject({
      caller: "clerk-service",
      subject: "ada",
    });
    expect((await get("/forward/open", await issuer.token({ roles: ["student"] }))).status).toBe(403);
    expect((await get("/forward/open")).status).toBe(401);
  });

  test("a service on its own behalf reaches what names no role, or allows services", async () => {
    expect((await get("/alone/look")).body).toMatchObject({ caller: "clerk-service", subject: "" });
    expect((await get("/alone/clean")).body).toMatchObject({ caller: "clerk-service", subject: "" });
    expect((await get("/alone/open")).status).toBe(403);
  });

  test("at a public method a token that holds is known, and one that does not is none and goes no further", async () => {
    expect((await get("/peek", await issuer.token())).body).toMatchObject({ subject: "ada" });
    expect((await get("/alone/look", await issuer.token())).body).toMatchObject({ subject: "ada" });
    for (const token of ["x", await issuer.token({}, { lifetime: "-1h" })]) {
      expect((await get("/peek", token)).body).toMatchObject({ subject: "" });
      expect((await get("/alone/look", token)).body).toMatchObject({ caller: "clerk-service", subject: "" });
    }
  });

  test("a client of a test is a service too, under the name it chooses", async () => {
    expect(await system.clientOf(VaultService).look({})).toMatchObject({ caller: "test" });
    expect(await system.clientOf(VaultService, { caller: "clerk-service" }).clean({})).toMatchObject({
      caller: "clerk-service",
    });
    expect(await system.clientOf(ClerkService).alone({ method: "look" })).toMatchObject({ caller: "clerk-service" });
  });

  test("keys are fetched with the service's token and without the user's", () => {
    expect(issuer.askers.length).toBeGreaterThan(0);
    for (const { caller, authorization } of issuer.askers) {
      expect(["door", "vault-service", "clerk-service"]).toContain(caller);
      expect(authorization).toBeUndefined();
    }
  });
});

describe("without service tokens", () => {
  test("a call needs a user, and neither tenant nor service that it names is believed", async () => {
    await using other = await startForTest(vaultSystem(issuer));
    const channel = createChannel({ target: other.addressOf("vault-service") });
    const call = (method: "peek" | "look" | "clean", headers: Record<string, string>) =>
      createClient(VaultService, channel)[method]({}, { metadata: new Metadata(Object.entries(headers)) });
    const claims = { "x-service-name": "clerk-service", "x-tenant-id": "acme" };
    await expect(call("look", claims)).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
    await expect(call("clean", claims)).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
    expect(await call("peek", claims)).toMatchObject({ tenant: "" });
    const authorization = `Bearer ${await issuer.token()}`;
    expect(await call("look", { ...claims, authorization })).toMatchObject({ subject: "ada", tenant: "" });
    const ofTenant = `Bearer ${await issuer.token({ tenant_id: "initech" })}`;
    expect(await call("look", { ...claims, authorization: ofTenant })).toMatchObject({ tenant: "initech" });
    await channel.close();
  });
});

describe("keys", () => {
  test("tokens of another issuer, of no key, of another algorithm, without an end or with none are refused", async () => {
    const secretOfPublicKey = new TextEncoder().encode(JSON.stringify(issuer.told[0]));
    const claims = { sub: "ada", iss: ISSUER };
    const forged = await new SignJWT(claims)
      .setProtectedHeader({ alg: "HS256", kid: "one" })
      .setExpirationTime("1h")
      .sign(secretOfPublicKey);
    const none = `${btoa('{"alg":"none"}')}.${btoa(JSON.stringify({ ...claims, exp: 4e9 }))}.`.replaceAll("=", "");
    const [head, body, signature] = (await issuer.token({ roles: ["student"] })).split(".");
    const raised = `${head}.${btoa(JSON.stringify({ ...claims, roles: ["admin"], exp: 4e9 })).replaceAll("=", "")}.${signature}`;
    expect(body).toBeDefined();
    for (const token of [
      forged,
      none,
      raised,
      await issuer.token({ iss: "https://other" }),
      await issuer.token({}, { kid: "made-up" }),
      await issuer.token({}, { lifetime: "-1m" }),
    ]) {
      expect((await get("/look", token)).status).toBe(401);
    }
  });

  test.each(["RS256", "EdDSA"])("a key of %s serves beside others", async (alg) => {
    const own = await createIssuer();
    await own.addKey("two", alg);
    await using other = await startForTest(vaultSystem(own), { env: { SERVICE_TOKEN_SECRET: SECRET } });
    const status = async (token: string) =>
      (await fetch(`${other.addressOf("door")}/look`, { headers: { authorization: `Bearer ${token}` } })).status;
    expect(await status(await own.token({}, { kid: "two" }))).toBe(200);
    expect(await status(await own.token({}, { kid: "one" }))).toBe(200);
  });

  test("made-up key ids cost one fetch a second for all, and cached keys serve while their source is down", async () => {
    const own = await createIssuer();
    await using other = await startForTest(vaultSystem(own), { env: { SERVICE_TOKEN_SECRET: SECRET } });
    const status = async (token: string) =>
      (await fetch(`${other.addressOf("door")}/peek`, { headers: { authorization: `Bearer ${token}` } })).status;
    const look = async (token: string) =>
      (await fetch(`${other.addressOf("door")}/look`, { headers: { authorization: `Bearer ${token}` } })).status;
    expect(await look(await own.token())).toBe(200);
    const before = own.asked;
    own.state = "down";
    const startedAtMs = performance.now();
    for (let i = 0; i < 200; i++) expect(await look(await own.token({}, { kid: `made-up-${i}` }))).toBe(401);
    const seconds = (performance.now() - startedAtMs) / 1_000;
    expect(own.asked - before).toBeLessThanOrEqual(Math.ceil(seconds) + 1);
    expect(await look(await own.token({ jti: "new" }))).toBe(200);
    expect(await status("x")).toBe(200);
  });
});

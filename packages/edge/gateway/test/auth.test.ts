import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createManualClock } from "@parley/core";
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from "jose";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { openLibrary } from "./support/library.ts";

const SECRET = "correct horse battery staple, 32+";
const clock = createManualClock();
const nowSeconds = (): number => clock.now() / 1_000;
const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** A claim that is `undefined` is not in the token. */
type Claims = { readonly [name in keyof JWTPayload]: JWTPayload[name] | undefined };

function sign(claims: Claims = {}, secret = SECRET): Promise<string> {
  return new SignJWT({ sub: "ada", exp: nowSeconds() + 60, ...claims } as JWTPayload)
    .setProtectedHeader({ alg: "HS256" })
    .sign(new TextEncoder().encode(secret));
}

describe("a shared secret", () => {
  const open = (auth: object = {}, options: object = {}) =>
    openLibrary({ auth: { secret: SECRET, ...auth }, clock, ...options });
  const get = (library: ReturnType<typeof openLibrary>, authorization?: string, url = "/v1/books/emma") =>
    library.gateway.inject({ url, headers: authorization === undefined ? {} : { authorization } });

  test("no token is 401 with the way to ask", async () => {
    const response = await get(open());
    expect([response.statusCode, response.json()]).toEqual([401, { error: "Unauthorized" }]);
    expect(response.headers["www-authenticate"]).toBe("Bearer");
  });

  test("a token that holds reaches the service with principal, tenant and the header itself", async () => {
    const library = open();
    const token = await sign({ roles: ["admin"], tenant_id: "acme" });
    expect((await get(library, `bearer ${token}`)).statusCode).toBe(200);
    expect(library.calls[0]?.context).toMatchObject({
      principal: { subject: "ada", roles: ["admin"] },
      tenant: "acme",
      authorization: `bearer ${token}`,
      caller: "api-gateway",
    });
  });

  test.each([
    ["another secret", () => sign({}, "another secret of some length")],
    ["expired", () => sign({ exp: nowSeconds() - 6 })],
    ["not yet valid", () => sign({ nbf: nowSeconds() + 6 })],
    ["no token at all", async () => "abc"],
    ["alg none", async () => `${btoa('{"alg":"none"}')}.${btoa('{"sub":"ada"}')}.`.replaceAll("=", "")],
    ["another type", () => sign({ exp: "tomorrow" as never })],
    ["alg in other letters", async () => `${btoa('{"alg":"hs256"}')}.${btoa('{"sub":"ada"}')}.x`.replaceAll("=", "")],
    ["an encrypted token", async () => `${btoa('{"alg":"dir","enc":"A256GCM"}')}..a.b.c`.replaceAll("=", "")],
    [
      "a critical header",
      async () => `${btoa('{"alg":"HS256","crit":["x"],"x":1}')}.${btoa("{}")}.x`.replaceAll("=", ""),
    ],
    ["cut off", async () => (await sign()).slice(0, -3)],
  ])("a bad token (%s) is 401, or 403 where that is asked for", async (_, make) => {
    const token = `Bearer ${await make()}`;
    const unauthorized = await get(open(), token);
    expect([unauthorized.statusCode, unauthorized.json()]).toEqual([401, { error: "Unauthorized" }]);
    expect(unauthorized.headers["www-authenticate"]).toMatch(/^Bearer error="invalid_token"/);
    const forbidden = await get(open({ invalidTokenStatus: 403 }), token);
    expect([forbidden.statusCode, forbidden.json()]).toEqual([403, { error: "Forbidden" }]);
  });

  test.each([
    ["longer than any token", () => `Bearer ${"a".repeat(9_000)}`],
    ["of another scheme", () => "Basic YWRhOnB3"],
    ["with two tokens", () => "Bearer a, Bearer b"],
    ["without a token", () => "Bearer"],
    ["with a line break", () => "Bearer a\tb"],
  ])("a header %s is no token at all", async (_, make) => {
    const response = await get(open(), make());
    expect([response.statusCode, response.headers["www-authenticate"]]).toEqual([401, "Bearer"]);
  });

  test("clocks may differ by 5 s, and a token may have no end unless one is demanded", async () => {
    expect((await get(open(), `Bearer ${await sign({ exp: nowSeconds() - 4 })}`)).statusCode).toBe(200);
    const endless = `Bearer ${await sign({ exp: undefined })}`;
    expect((await get(open(), endless)).statusCode).toBe(200);
    expect((await get(open({ expiry: "required" }), endless)).statusCode).toBe(401);
  });

  test("issuer and audience are checked if configured", async () => {
    const token = `Bearer ${await sign({ iss: "us", aud: "shop" })}`;
    expect((await get(open({ issuer: "us", audience: "shop" }), token)).statusCode).toBe(200);
    expect((await get(open({ issuer: "them" }), token)).statusCode).toBe(401);
    expect((await get(open({ audience: "other" }), token)).statusCode).toBe(401);
  });

  test("a token that was verified before is refused once it has expired", async () => {
    const own = createManualClock(clock.now());
    const library = open({}, { clock: own });
    const token = `Bearer ${await sign({ exp: nowSeconds() + 10 })}`;
    expect((await get(library, token)).statusCode).toBe(200);
    own.advance(16_000);
    expect((await get(library, token)).statusCode).toBe(401);
  });

  test("public methods, health and public paths need none; unknown paths tell nothing without one", async () => {
    const library = open({}, { publicPaths: ["/v1/files/*"] });
    expect((await get(library, undefined, "/v1/books/featured")).statusCode).toBe(200);
    expect((await get(library, undefined, "/health")).statusCode).toBe(200);
    expect((await get(library, undefined, "/v1/files/a/b")).statusCode).toBe(200);
    expect((await get(library, undefined, "/nowhere")).statusCode).toBe(401);
  });

  test("the documentation is public, unless it is closed", async () => {
    for (const path of ["/docs", "/docs/openapi.json"]) {
      expect((await get(open(), undefined, path)).statusCode).toBe(200);
      const closed = open({}, { openapi: { title: "x", version: "1", access: "token" } });
      expect((await get(closed, undefined, path)).statusCode).toBe(401);
      expect((await get(closed, `Bearer ${await sign()}`, path)).statusCode).toBe(200);
      expect((await get(open({}, { openapi: false }), `Bearer ${await sign()}`, path)).statusCode).toBe(404);
    }
  });

  test("metrics are not for every user who has a token, but for those with a role that is named", async () => {
    const metrics = { text: async () => "up 1\n", contentType: "text/plain" };
    const user = `Bearer ${await sign()}`;
    const operator = `Bearer ${await sign({ roles: ["operator"] })}`;
    expect((await get(open({}, { metrics }), operator, "/metrics")).statusCode).toBe(404);
    const ruled = open({}, { metrics, metricsAccess: { roles: ["operator"] } });
    expect((await get(ruled, undefined, "/metrics")).statusCode).toBe(401);
    expect((await get(ruled, user, "/metrics")).statusCode).toBe(403);
    expect((await get(ruled, operator, "/metrics")).body).toBe("up 1\n");
    expect((await get(open({}, { metrics, metricsAccess: "open" }), undefined, "/metrics")).statusCode).toBe(200);
    const unverified = () => openLibrary({ metrics, metricsAccess: { roles: ["operator"] } });
    expect(unverified).toThrow("metricsAccess has roles, which nothing verifies");
  });

  test("the detailed style says the same in its own words", async () => {
    const response = await get(open({}, { json: { errors: "detailed" } }));
    expect(response.json()).toEqual({ error: { code: "UNAUTHORIZED", message: "Unauthorized" } });
  });
});

describe("a key set behind a URL", () => {
  let keys: Awaited<ReturnType<typeof generateKeyPair>>;
  let others: Awaited<ReturnType<typeof generateKeyPair>>;
  beforeAll(async () => {
    [keys, others] = await Promise.all([generateKeyPair("ES256"), generateKeyPair("ES256")]);
  });

  async function openKeyServer() {
    const state = { fetches: 0, up: true, kids: ["one"] as readonly string[] };
    const server = createServer(async (_, response) => {
      state.fetches++;
      if (!state.up) return void response.writeHead(503).end();
      const jwks = await Promise.all(
        state.kids.map(async (kid) => ({
          ...(await exportJWK(kid === "one" ? keys.publicKey : others.publicKey)),
          kid,
        })),
      );
      response.end(JSON.stringify({ keys: jwks }));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    closers.push(() => server.close());
    const own = createManualClock(clock.now());
    const jwksUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const { gateway } = openLibrary({ auth: { jwksUrl }, clock: own });
    const get = async (kid: string, key = keys.privateKey, alg = "ES256") => {
      const claims = { sub: "ada", exp: own.now() / 1_000 + 7_200, jti: `${kid}-${Math.random()}` };
      const token = await new SignJWT(claims).setProtectedHeader({ alg, kid }).sign(key);
      return (await gateway.inject({ url: "/v1/books/emma", headers: { authorization: `Bearer ${token}` } }))
        .statusCode;
    };
    return { state, get, clock: own };
  }

  test("made-up key ids do not cause a fetch each", async () => {
    const { state, get } = await openKeyServer();
    expect(await get("one")).toBe(200);
    for (let i = 0; i < 20; i++) expect(await get(`made-up-${i}`)).toBe(401);
    expect(state.fetches).toBe(1);
  });

  test("a rotated key is found after the cooldown, and keys known so far serve while the URL is down", async () => {
    const { state, get, clock: own } = await openKeyServer();
    expect(await get("one")).toBe(200);
    state.kids = ["one", "two"];
    own.advance(30_000);
    expect(await get("two", others.privateKey)).toBe(200);
    state.up = false;
    own.advance(3_600_000);
    expect(await get("one")).toBe(200);
    expect(await get("two", others.privateKey)).toBe(200);
  });

  test("keys that could never be fetched are the gateway's fault: 503", async () => {
    const { state, get } = await openKeyServer();
    state.up = false;
    expect(await get("one")).toBe(503);
  });

  test("a token signed with the public key as if it were a secret is refused", async () => {
    const { get } = await openKeyServer();
    const spki = new TextEncoder().encode(JSON.stringify(await exportJWK(keys.publicKey)));
    expect(await get("one", spki as never, "HS256")).toBe(401);
  });
});

test("a secret that is empty is refused at the start", () => {
  expect(() => openLibrary({ auth: { secret: "" } })).toThrow('auth.secret must be a text that is not empty, got ""');
});

import { createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";
import { NOW_SECONDS, openVerifier, part } from "./support/verifier.ts";

const SECRET = "a secret of the test, long enough for HS256";
const RULES = { secret: SECRET, issuer: "https://us.example", audience: "shop", expiry: "required" } as const;
const CLAIMS = { sub: "ada", iss: "https://us.example", aud: "shop", exp: NOW_SECONDS + 60 };

function sign(claims: unknown, { header = { alg: "HS256" } as unknown, secret = SECRET } = {}): string {
  const content = `${part(header)}.${part(claims)}`;
  return `${content}.${createHmac("sha256", secret).update(content).digest("base64url")}`;
}

describe("a refused token is explained in one line, and never shown", () => {
  test.each([
    [
      "issuer",
      sign({ ...CLAIMS, iss: "https://other" }),
      'its issuer (iss) is "https://other", and must be "https://us.example"',
    ],
    ["issuer", sign({ ...CLAIMS, iss: undefined }), "its issuer (iss) is missing"],
    [
      "audience",
      sign({ ...CLAIMS, aud: ["blog", "wiki"] }),
      'its audience (aud) is ["blog","wiki"], and must hold "shop"',
    ],
    ["expired", sign({ ...CLAIMS, exp: NOW_SECONDS - 3_600 }), "it has expired since 2027-01-15T07:00:00.000Z"],
    ["expired", sign({ ...CLAIMS, exp: -1e300 }), "it has expired since -1e+300"],
    ["not-before", sign({ ...CLAIMS, nbf: NOW_SECONDS + 3_600 }), "not before 2027-01-15T09:00:00.000Z"],
    ["claim", sign({ ...CLAIMS, exp: undefined }), "its claim exp is missing, and is demanded"],
    ["claim", sign({ ...CLAIMS, exp: "tomorrow" }), 'its claim exp is "tomorrow", and must be a number'],
    ["claim", sign({ ...CLAIMS, exp: null }), "its claim exp is null, and must be a number"],
    ["claim", sign({ ...CLAIMS, nbf: {} }), "its claim nbf is {}, and must be a number"],
    [
      "algorithm",
      sign(CLAIMS, { header: { alg: "HS512" } }),
      'its algorithm is "HS512", and what is admitted is HS256',
    ],
    ["algorithm", sign(CLAIMS, { header: { alg: "none" } }), 'its algorithm is "none"'],
    ["algorithm", sign(CLAIMS, { header: {} }), "its algorithm is undefined"],
    [
      "signature",
      sign(CLAIMS, { secret: "another secret of the test, also long" }),
      "its signature (HS256) is not one of the key",
    ],
    ["subject", sign({ ...CLAIMS, sub: undefined }), "its subject (sub) is missing"],
    ["subject", sign({ ...CLAIMS, sub: 42 }), "its subject (sub) must be a text that is not empty, got 42"],
    ["subject", sign({ ...CLAIMS, sub: "" }), 'its subject (sub) must be a text that is not empty, got ""'],
    ["subject", sign({ ...CLAIMS, sub: ["ada"] }), "its subject (sub) must be a text"],
    ["subject", sign({ ...CLAIMS, sub: null }), "its subject (sub) must be a text"],
    ["subject", sign(JSON.stringify(CLAIMS).replace('"ada"', '"\\ud800"')), "its subject (sub) must be a text"],
    ["tenant", sign({ ...CLAIMS, tenant_id: "a\r\nb" }), "without control characters"],
    ["tenant", sign({ ...CLAIMS, tenant_id: 7 }), "its tenant (tenant_id) must be a text"],
    [
      "tenant",
      sign({ ...CLAIMS, tenant_id: "x".repeat(2_000) }),
      "its tenant (tenant_id) must be a text of at most 1024",
    ],
    ["malformed", sign([CLAIMS]), "it cannot be verified"],
    ["malformed", sign("{"), "it cannot be verified"],
    ["malformed", sign(CLAIMS, { header: { alg: "HS256", kid: 1 } }), "its key id (kid) must be a text, got 1"],
    ["malformed", sign(CLAIMS, { header: { alg: "HS256", crit: ["x"], x: 1 } }), "it cannot be verified"],
    ["malformed", sign(CLAIMS, { header: { alg: "HS256", crit: ["b64"], b64: false } }), "it cannot be verified"],
    ["malformed", "abc", "it is no JSON Web Token"],
    ["malformed", "a.b.c.d.e", "it is no JSON Web Token"],
    ["no-token", "x".repeat(9_000), "the token has 9000 characters, of which 8192 are allowed"],
  ])("%s: %#", async (reason, token, explanation) => {
    const { infos, identify } = openVerifier(RULES);
    await expect(identify(token, { requestId: "r-1", peer: "192.0.2.1" })).rejects.toMatchObject({
      code: "UNAUTHENTICATED",
    });
    expect(infos).toEqual([
      {
        fields: { reason, requestId: "r-1", peer: "192.0.2.1" },
        message: expect.stringContaining(`user token refused: `),
      },
    ]);
    expect(infos[0]?.message).toContain(explanation);
    const [, content = "?", signature = "?"] = token.split(".");
    for (const secret of [content, signature].filter((text) => text.length > 8)) {
      expect(JSON.stringify(infos)).not.toContain(secret);
    }
  });

  test("a key that no key set has is told apart from a bad signature, at no length that the token chooses", async () => {
    const { infos, judge } = openVerifier({ keySet: async () => ({ keys: [] }) });
    await judge(`${part({ alg: "RS256", kid: "k".repeat(2_000) })}.${part(CLAIMS)}.c2ln`);
    expect(infos[0]).toMatchObject({ fields: { reason: "unknown-key" } });
    expect(infos[0]?.message.length).toBeLessThan(300);
  });

  test("no token at all is no refusal, and another scheme is one that does not show its value", async () => {
    const { infos, authenticate } = openVerifier(RULES);
    await expect(authenticate(undefined)).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
    expect(infos).toEqual([]);
    await expect(authenticate("Basic YWRhOnNlY3JldA==")).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
    expect(infos).toMatchObject([{ fields: { reason: "no-token" } }]);
    expect(JSON.stringify(infos)).not.toContain("YWRhOnNlY3JldA");
  });

  test("made-up tokens in any number neither fill the log nor hide another reason, and what was left out is counted", async () => {
    const { clock, infos, judge } = openVerifier(RULES);
    for (let i = 0; i < 1_000; i++)
      await judge(sign({ ...CLAIMS, jti: i }, { secret: "another secret of some length, so" }));
    expect(infos).toHaveLength(10);
    await judge(sign({ ...CLAIMS, exp: NOW_SECONDS - 60 }));
    expect(infos.at(-1)?.fields).toEqual({ reason: "expired" });
    clock.advance(1_000);
    await judge(sign(CLAIMS, { secret: "another secret of some length, so" }));
    expect(infos).toHaveLength(12);
    expect(infos.at(-1)?.fields).toEqual({ reason: "signature", unlogged: 990 });
  });
});

describe("who a token says the user is", () => {
  const identify = (claims: object, options: object = {}) =>
    openVerifier({ secret: SECRET, ...options }).identify(sign({ ...CLAIMS, ...claims }));
  const rolesOf = async (claims: object, rolesClaim?: string | readonly string[]) =>
    (await identify(claims, rolesClaim === undefined ? {} : { rolesClaim })).principal.roles;

  test("roles may lie at a path, under a name with dots, or under names with dots", async () => {
    expect(await rolesOf({ realm_access: { roles: ["admin"] } }, "realm_access.roles")).toEqual(["admin"]);
    expect(await rolesOf({ "https://us.example/roles": ["admin"] }, "https://us.example/roles")).toEqual(["admin"]);
    const access = { resource_access: { "shop.example": { roles: "admin keeper" } } };
    expect(await rolesOf(access, ["resource_access", "shop.example", "roles"])).toEqual(["admin", "keeper"]);
  });

  test.each([
    [{ roles: "admin" }, "realm_access.roles"],
    [{ realm_access: ["admin"] }, "realm_access.0"],
    [{ realm_access: "admin" }, "realm_access.length"],
    [{ realm_access: {} }, "realm_access.constructor.name"],
    [{}, "__proto__.roles"],
    [{ roles: { admin: true } }, "roles"],
    [{ roles: [["admin"], 1, null, { role: "admin" }] }, "roles"],
    [{ roles: null }, "roles"],
  ])("%j has no roles at %s", async (claims, path) => {
    expect(await rolesOf(claims, path)).toEqual([]);
  });

  test("a tenant of any spelling is kept as it is, and an empty one is none", async () => {
    for (const tenant of ["Acme Inc", "Zürich", "x".repeat(500)]) {
      expect((await identify({ tenant_id: tenant })).tenant).toBe(tenant);
    }
    for (const tenant of ["", null, undefined]) expect((await identify({ tenant_id: tenant })).tenant).toBeUndefined();
    expect((await identify({ org: { id: "acme" } }, { tenantClaim: "org.id" })).tenant).toBe("acme");
  });

  test("claims nested thousands deep, or named twice, are read as JSON has them and break nothing", async () => {
    const deep = `${"[".repeat(2_500)}${"]".repeat(2_500)}`;
    const text = JSON.stringify(CLAIMS).replace(/}$/, `,"deep":${deep},"sub":"eve","__proto__":{"roles":["admin"]}}`);
    const { principal } = await openVerifier({ secret: SECRET }).identify(sign(text));
    expect([principal.subject, principal.roles]).toEqual(["eve", []]);
  });
});

describe("clocks at the borders", () => {
  test.each([
    [{ exp: NOW_SECONDS - 4 }, "ok"],
    [{ exp: NOW_SECONDS - 5 }, "UNAUTHENTICATED"],
    [{ nbf: NOW_SECONDS + 5 }, "ok"],
    [{ nbf: NOW_SECONDS + 6 }, "UNAUTHENTICATED"],
    [{ exp: 1e308 }, "ok"],
    [{ exp: NOW_SECONDS + 0.5 }, "ok"],
  ])("%j is %s", async (claims, verdict) => {
    expect(await openVerifier({ secret: SECRET }).judge(sign({ ...CLAIMS, ...claims }))).toBe(verdict);
  });
});

describe("the header", () => {
  test.each([
    ["Bearer <t>", true],
    ["bearer   <t> ", true],
    ["<t>", true],
    ["Bearer", false],
    ["", false],
    ["Bearer <t> <t>", false],
    ["Basic <t>", false],
    ["<t>, <t>", false],
    ["Token <t>", false],
  ])("%j", async (header, holds) => {
    const { authenticate } = openVerifier({ secret: SECRET });
    const identity = authenticate(header.replaceAll("<t>", sign(CLAIMS)));
    await (holds
      ? expect(identity).resolves.toMatchObject({ principal: { subject: "ada" } })
      : expect(identity).rejects.toThrow());
  });
});

test("while a secret is rotated both are accepted, and the old one no longer once it is gone", async () => {
  const old = "the old secret of the test, long enough too";
  const tokens = [sign({ ...CLAIMS, jti: 1 }), sign({ ...CLAIMS, jti: 2 }, { secret: old })];
  const verdicts = (options: { readonly secret: string; readonly acceptedSecrets?: readonly string[] }) =>
    Promise.all(tokens.map(openVerifier(options).judge));
  expect(await verdicts({ secret: SECRET, acceptedSecrets: [old] })).toEqual(["ok", "ok"]);
  expect(await verdicts({ secret: old, acceptedSecrets: [SECRET] })).toEqual(["ok", "ok"]);
  expect(await verdicts({ secret: SECRET })).toEqual(["ok", "UNAUTHENTICATED"]);
});

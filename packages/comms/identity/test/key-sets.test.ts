import { createHmac } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { exportJWK, exportPKCS8, exportSPKI, generateKeyPair, SignJWT } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { KeySet } from "../src/users/jwt-options.ts";
import { MAX_TRIED_KEYS } from "../src/users/usable-keys.ts";
import { NOW_SECONDS, openVerifier, part } from "./support/verifier.ts";

type Pair = Awaited<ReturnType<typeof generateKeyPair>>;
let first: Pair;
let second: Pair;
let stranger: Pair;
let folder: string;
beforeAll(async () => {
  [first, second, stranger] = await Promise.all([pair("RS256"), pair("RS256"), pair("RS256")]);
  folder = await mkdtemp(join(tmpdir(), "keys-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const pair = (alg: string) => generateKeyPair(alg, { extractable: true });
const jwk = async ({ publicKey }: Pair, fields: object = {}) => ({ ...(await exportJWK(publicKey)), ...fields });
const setOf = (...keys: readonly object[]) => ({ keys }) as unknown as KeySet;

let serial = 0;
function sign({ privateKey }: Pair, header: object = {}, claims: object = {}): Promise<string> {
  return new SignJWT({ sub: "ada", exp: NOW_SECONDS + 86_400, jti: String(serial++), ...claims })
    .setProtectedHeader({ alg: "RS256", ...header })
    .sign(privateKey);
}

/** A source that counts how often it is asked. */
function sourceOf(set: KeySet) {
  const source = { set, fetches: 0 };
  const keySet = async (): Promise<KeySet> => {
    source.fetches += 1;
    return source.set;
  };
  return { source, keySet };
}

describe("keys that no kid tells apart", () => {
  test("two RSA keys without kid verify the tokens of either, and of no other", async () => {
    const { keySet, source } = sourceOf(setOf(await jwk(first), await jwk(second)));
    const { judge } = openVerifier({ keySet });
    for (const header of [{}, { kid: "some" }]) {
      expect(await judge(await sign(first, header))).toBe("ok");
      expect(await judge(await sign(second, header))).toBe("ok");
      expect(await judge(await sign(stranger, header))).toBe("UNAUTHENTICATED");
    }
    expect(source.fetches).toBe(1);
  });

  test("a key that names another use, operation or algorithm is not tried", async () => {
    for (const fields of [{ use: "enc" }, { key_ops: ["wrapKey"] }, { alg: "RS512" }]) {
      const { keySet } = sourceOf(setOf(await jwk(first, fields)));
      expect(await openVerifier({ keySet }).judge(await sign(first))).toBe("UNAUTHENTICATED");
    }
  });

  test("keys that cannot be used do not stand in the way of those that can", async () => {
    const { n } = await jwk(await generateKeyPair("RS256", { modulusLength: 2_048, extractable: true }));
    const bad = [null, "x", {}, { kty: "RSA", n: "AQAB", e: "AQAB" }, { kty: "oct", k: "c2VjcmV0" }, { kty: "RSA", n }];
    const secret = { ...(await exportJWK(second.privateKey)) };
    const { keySet } = sourceOf(setOf(...(bad as object[]), secret, await jwk(first)));
    const { judge, warnings } = openVerifier({ keySet });
    expect(await judge(await sign(first))).toBe("ok");
    expect(await judge(await sign(second))).toBe("UNAUTHENTICATED");
    expect(warnings.map(({ message }) => message).join("\n")).toContain("it is a private key");
  });

  test("a made-up token costs a bounded number of verifications", async () => {
    const many = Array.from({ length: 200 }, (_, i) => (i === 199 ? first : second));
    const { keySet } = sourceOf(setOf(...(await Promise.all(many.map((one) => jwk(one))))));
    const { judge } = openVerifier({ keySet });
    expect(await judge(await sign(second))).toBe("ok");
    expect(await judge(await sign(first))).toBe("UNAUTHENTICATED"); // beyond those that are tried
    expect(MAX_TRIED_KEYS).toBe(16);
  });

  test("bad signatures and made-up key ids cause one fetch a cooldown, and with the kid of a key none", async () => {
    const { keySet, source } = sourceOf(setOf(await jwk(first, { kid: "one" }), await jwk(second)));
    const { clock, judge } = openVerifier({ keySet });
    expect(await judge(await sign(first, { kid: "one" }))).toBe("ok");
    const before = source.fetches;
    clock.advance(30_000);
    for (let i = 0; i < 40; i++) expect(await judge(await sign(stranger, { kid: "one" }))).toBe("UNAUTHENTICATED");
    expect(source.fetches).toBe(before);
    for (let i = 0; i < 40; i++) {
      expect(await judge(await sign(stranger, i % 2 ? {} : { kid: `made-up-${i}` }))).toBe("UNAUTHENTICATED");
    }
    expect(source.fetches).toBe(before + 1);
  });

  test("a key without kid that was rotated is found", async () => {
    const { keySet, source } = sourceOf(setOf(await jwk(first)));
    const { clock, judge } = openVerifier({ keySet });
    expect(await judge(await sign(first))).toBe("ok");
    source.set = setOf(await jwk(second));
    clock.advance(30_000);
    expect(await judge(await sign(second))).toBe("ok");
    expect(await judge(await sign(first))).toBe("UNAUTHENTICATED");
  });
});

describe("what a token says of its key is not believed", () => {
  test.each(["jwk", "jku", "x5u", "x5c"])("%s in the header changes nothing", async (name) => {
    const { keySet, source } = sourceOf(setOf(await jwk(first)));
    const { judge } = openVerifier({ keySet });
    const value = { jwk: await jwk(stranger), jku: "http://127.0.0.1:9/", x5u: "http://127.0.0.1:9/", x5c: ["MIIB"] };
    const header = { [name]: value[name as keyof typeof value] };
    expect(await judge(await sign(stranger, header))).toBe("UNAUTHENTICATED");
    expect(await judge(await sign(first, header))).toBe("ok");
    expect(source.fetches).toBe(1);
  });

  test("a public key never serves as a secret, whatever the token calls its algorithm", async () => {
    const set = setOf(await jwk(first, { kid: "one" }), { kty: "oct", kid: "two", k: part("secret") });
    const { judge } = openVerifier({ keySet: sourceOf(set).keySet });
    const spki = await exportSPKI(first.publicKey);
    for (const alg of ["HS256", "none", "hs256", "RSA", "__proto__", "", null, 1, ["RS256"]]) {
      for (const [kid, secret] of [
        ["one", spki],
        ["two", "secret"],
      ] as const) {
        const content = `${part({ alg, kid })}.${part({ sub: "eve", exp: NOW_SECONDS + 60 })}`;
        const signature = createHmac("sha256", secret).update(content).digest("base64url");
        expect(await judge(`${content}.${signature}`)).toBe("UNAUTHENTICATED");
        expect(await judge(`${content}.`)).toBe("UNAUTHENTICATED");
      }
    }
  });

  test("a public key in PEM is no secret", () => {
    expect(() => openVerifier({ secret: "-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----" })).toThrow(
      "name a public key as publicKey",
    );
  });
});

describe("Ed25519 by either of its names (RFC 9864, RFC 8037)", () => {
  test.each([
    ["Ed25519", undefined],
    ["EdDSA", undefined],
    ["Ed25519", "EdDSA"],
    ["EdDSA", "Ed25519"],
  ])("a token of %s, whose key names %s", async (alg, keyAlg) => {
    const own = await pair("Ed25519");
    const set = setOf(await jwk(own, keyAlg === undefined ? {} : { alg: keyAlg }));
    const pem = await exportSPKI(own.publicKey);
    const token = await sign(own, { alg });
    expect(await openVerifier({ keySet: sourceOf(set).keySet }).judge(token)).toBe("ok");
    for (const algorithm of ["Ed25519", "EdDSA"] as const) {
      expect(await openVerifier({ publicKey: pem, algorithm }).judge(token)).toBe("ok");
      expect(await openVerifier({ keySet: sourceOf(set).keySet, algorithms: [algorithm] }).judge(token)).toBe("ok");
    }
  });
});

describe("keys in files", () => {
  const write = async (name: string, text: string): Promise<string> => {
    const path = join(folder, name);
    await writeFile(path, text);
    return pathToFileURL(path).href;
  };

  test("a key set at a file: URL verifies, and is read again as it ages", async () => {
    const jwksUrl = await write("keys.json", JSON.stringify(setOf(await jwk(first, { kid: "one" }))));
    const { clock, judge } = openVerifier({ jwksUrl });
    expect(await judge(await sign(first, { kid: "one" }))).toBe("ok");
    expect(await judge(await sign(second, { kid: "two" }))).toBe("UNAUTHENTICATED");
    await write("keys.json", JSON.stringify(setOf(await jwk(second, { kid: "two" }))));
    clock.advance(30_000);
    expect(await judge(await sign(second, { kid: "two" }))).toBe("ok");
  });

  test.each([
    ["one that is not there", () => pathToFileURL(join(folder, "nowhere.json")).href, "ENOENT"],
    ["one that is no JSON", () => write("text.json", "keys"), "cannot be read"],
    ["one that is no key set", () => write("list.json", "[]"), 'an object with a list "keys"'],
    ["another scheme", () => "ftp://idp.example/keys", "must be an https:, http: or file: URL"],
    ["no URL", () => "keys.json", "must be an https:, http: or file: URL"],
    ["a file of another machine", () => "file://host/keys.json", "names no file of this machine"],
  ])("%s is refused at the start", async (_, make, message) => {
    const jwksUrl = await make();
    expect(() => openVerifier({ jwksUrl })).toThrow(message);
  });

  test("a public key is PEM text or the file: URL of it; a private or a weak one, or one of another kind, is refused", async () => {
    const pem = await exportSPKI(first.publicKey);
    const token = await sign(first);
    for (const publicKey of [pem, await write("key.pem", pem)]) {
      const { judge } = openVerifier({ publicKey, algorithm: "RS256" });
      expect(await judge(token)).toBe("ok");
      expect(await judge(await sign(second))).toBe("UNAUTHENTICATED");
    }
    const secret = await write("private.pem", await exportPKCS8(first.privateKey));
    expect(() => openVerifier({ publicKey: secret, algorithm: "RS256" })).toThrow("is a private key");
    expect(() => openVerifier({ publicKey: pem, algorithm: "ES256" })).toThrow("does not serve for ES256");
    expect(() => openVerifier({ publicKey: "keys/issuer.pem", algorithm: "RS256" })).toThrow("must be a public key");
  });
});

test("an address that answers without end costs a bounded amount of memory", async () => {
  let sent = 0;
  const server = createServer((_, response) => {
    const chunk = Buffer.alloc(65_536, 32);
    const write = (): void => {
      while (!response.destroyed && response.write(chunk)) sent += chunk.length;
    };
    response.on("drain", write);
    write();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const jwksUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  expect(await openVerifier({ jwksUrl }).judge(await sign(first))).toBe("UNAVAILABLE");
  expect(sent).toBeLessThan(64 * 1_048_576);
  server.closeAllConnections();
  server.close();
});

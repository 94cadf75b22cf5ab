import { createManualClock, noopLogger } from "@parley/core";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { createJwtAuthenticate } from "../src/users/create-jwt-authenticate.ts";
import type { KeySet } from "../src/users/jwt-options.ts";

type Pair = Awaited<ReturnType<typeof generateKeyPair>>;
const COOLDOWN_MS = 30_000;
let pairs: ReadonlyMap<string, Pair>;
beforeAll(async () => {
  const kids = ["one", "two"];
  pairs = new Map(await Promise.all(kids.map(async (kid) => [kid, await generateKeyPair("ES256")] as const)));
});

/** A source of keys that counts how often it is asked. */
function open(limits: { readonly freshMs?: number; readonly cooldownMs?: number } = {}) {
  const clock = createManualClock(1_800_000_000_000);
  const source = { fetches: 0, state: "up" as "up" | "down" | "silent", kids: ["one"] };
  const keySet = async (): Promise<KeySet> => {
    source.fetches += 1;
    if (source.state === "silent") return new Promise(() => {});
    if (source.state === "down") throw new Error("down");
    const keys = source.kids.map(async (kid) => ({ ...(await exportJWK(pairOf(kid).publicKey)), kid, alg: "ES256" }));
    return { keys: (await Promise.all(keys)) as unknown as KeySet["keys"] };
  };
  const authenticate = createJwtAuthenticate({ keySet, ...limits }, { clock, logger: noopLogger });
  let serial = 0;
  const token = async (kid: string, signer = kid): Promise<string> => {
    const claims = { sub: "ada", jti: String(serial++), exp: clock.now() / 1_000 + 86_400 };
    const jwt = await new SignJWT(claims).setProtectedHeader({ alg: "ES256", kid }).sign(pairOf(signer).privateKey);
    return `Bearer ${jwt}`;
  };
  /** `ok`, or the code of the refusal. */
  const judge = async (authorization: string): Promise<string> =>
    authenticate(authorization).then(
      () => "ok",
      (error: { code: string }) => error.code,
    );
  return { clock, source, token, judge };
}

function pairOf(kid: string): Pair {
  const pair = pairs.get(kid);
  if (!pair) throw new TypeError(`no key ${kid}`);
  return pair;
}

describe("a source of keys that is attacked, down or rotated", () => {
  test("made-up key ids over two minutes cost one fetch per cooldown, and no valid token is refused", async () => {
    const { clock, source, token, judge } = open();
    const made = await Promise.all(Array.from({ length: 50 }, (_, i) => token(`made-up-${i}`, "two")));
    const lastsMs = 120_000;
    for (let atMs = 0; atMs < lastsMs; atMs += 1_000) {
      const verdicts = await Promise.all([judge(await token("one")), ...made.map(judge)]);
      expect(verdicts).toEqual(["ok", ...made.map(() => "UNAUTHENTICATED")]);
      if (atMs === 60_000) source.state = "down";
      clock.advance(1_000);
    }
    expect(source.fetches).toBeGreaterThan(1);
    expect(source.fetches).toBeLessThanOrEqual(Math.ceil(lastsMs / COOLDOWN_MS) + 1);
  });

  test("a key published a cooldown ahead verifies its first token", async () => {
    const { clock, source, token, judge } = open();
    expect(await judge(await token("one"))).toBe("ok");
    source.kids = ["one", "two"];
    clock.advance(COOLDOWN_MS);
    const verdicts = await Promise.all([
      judge(await token("two")),
      judge(await token("two")),
      judge(await token("one")),
    ]);
    expect(verdicts).toEqual(["ok", "ok", "ok"]);
    expect(source.fetches).toBe(2);
  });

  test("a withdrawn key stops once the set is fetched again and what was verified is forgotten", async () => {
    const { clock, source, token, judge } = open();
    source.kids = ["one", "two"];
    const old = await token("two");
    expect(await judge(old)).toBe("ok");
    source.kids = ["one"];
    clock.advance(600_000); // the set has grown old: it is fetched behind the next request
    expect(await judge(await token("one"))).toBe("ok");
    await vi.waitFor(async () => expect(await judge(await token("two"))).toBe("UNAUTHENTICATED"));
    expect(await judge(old)).toBe("UNAUTHENTICATED");
  });

  test("a source that is near may be asked more often", async () => {
    const { clock, source, token, judge } = open({ freshMs: 60_000, cooldownMs: 1_000 });
    expect(await judge(await token("one"))).toBe("ok");
    source.kids = ["two"];
    clock.advance(1_000);
    expect(await judge(await token("two"))).toBe("ok");
    expect(await judge(await token("one"))).toBe("UNAUTHENTICATED");
    expect(source.fetches).toBe(2);
  });

  test("while no keys were ever fetched it is tried again every second, and told as UNAVAILABLE", async () => {
    const { clock, source, token, judge } = open();
    source.state = "down";
    const authorization = await token("one");
    expect(await Promise.all(Array.from({ length: 20 }, () => judge(authorization)))).toEqual(
      Array.from({ length: 20 }, () => "UNAVAILABLE"),
    );
    expect(source.fetches).toBe(1);
    source.state = "up";
    clock.advance(1_000);
    expect(await judge(authorization)).toBe("ok");
  });

  test("a source that never answers holds nobody longer than its limit", async () => {
    const { clock, source, token, judge } = open();
    source.state = "silent";
    const verdict = judge(await token("one"));
    await vi.waitFor(() => expect(source.fetches).toBe(1));
    clock.advance(5_000);
    expect(await verdict).toBe("UNAVAILABLE");
  });
});

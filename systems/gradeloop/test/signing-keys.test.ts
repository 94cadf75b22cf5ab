import { createManualClock } from "@parley/core";
import { openDatabase } from "@parley/postgres";
import { createLocalJWKSet, jwtVerify } from "jose";
import { afterAll, beforeEach, expect, test } from "vitest";
import { ACCESS_TOKEN_MS, signAccessToken } from "../iam/access-token.ts";
import { createSigningKeys } from "../iam/signing-keys.ts";

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const db = await openDatabase({
  dataDir: "memory:",
  schema: "iamdb",
  migrations: new URL("../migrations/iamdb", import.meta.url).pathname,
});
afterAll(() => db.close());
beforeEach(async () => void (await db.query("DELETE FROM signing_keys")));

const clock = createManualClock(Date.UTC(2026, 0, 1));
const someone = { id: "ada", name: "Ada", roles: ["student"] };

test("instances that start at once share one key", async () => {
  const instances = Array.from({ length: 6 }, () => createSigningKeys(db, clock));
  const kids = await Promise.all(instances.map(async (keys) => (await keys.current()).kid));
  expect(new Set(kids).size).toBe(1);
});

test("every token is verified by the keys that a reader knew up to an hour ago, through months of rotation", async () => {
  const keys = createSigningKeys(db, clock);
  const readers: { readonly atMs: number; readonly set: Awaited<ReturnType<typeof keys.publicKeys>> }[] = [];
  const kids = new Set<string>();
  for (let step = 0; step < 300; step++) {
    clock.advance(HOUR_MS / 2 + (step % 3) * 6 * HOUR_MS);
    readers.push({ atMs: clock.now(), set: await keys.publicKeys() });
    clock.advance(HOUR_MS - 60_000);
    const token = await signAccessToken(someone, { keys, clock });
    const known = createLocalJWKSet({ keys: [...(readers.at(-1)?.set ?? [])] });
    const { protectedHeader } = await jwtVerify(token, known, { currentDate: new Date(clock.now()) });
    kids.add(protectedHeader.kid ?? "");
    // And at the end of its life, by what is shown then.
    const later = clock.now() + ACCESS_TOKEN_MS - 1_000;
    clock.advance(ACCESS_TOKEN_MS - 1_000);
    await jwtVerify(token, createLocalJWKSet({ keys: [...(await keys.publicKeys())] }), {
      currentDate: new Date(later),
    });
  }
  expect(clock.now() - Date.UTC(2026, 0, 1)).toBeGreaterThan(60 * DAY_MS);
  expect(kids.size).toBeGreaterThan(2);
  expect(await keys.publicKeys()).toHaveLength(1);
});

test("a rotation that is asked for signs after two minutes, at every instance", async () => {
  const [one, two] = [createSigningKeys(db, clock), createSigningKeys(db, clock)];
  const [before] = await two.publicKeys();
  const [, next] = await one.rotate({ revoke: false });
  expect((await one.current()).kid).toBe(before?.kid);
  clock.advance(120_000);
  expect([(await one.current()).kid, (await two.current()).kid]).toEqual([next?.kid, next?.kid]);
  expect((await two.publicKeys()).map(({ kid }) => kid)).toEqual([before?.kid, next?.kid]);
});

test("a revocation leaves nothing of the old keys", async () => {
  const keys = createSigningKeys(db, clock);
  const [before] = await keys.publicKeys();
  const after = await keys.rotate({ revoke: true });
  expect(after).toHaveLength(1);
  expect(after[0]?.kid).not.toBe(before?.kid);
  expect((await keys.current()).kid).toBe(after[0]?.kid);
});

test("what is shown holds no private part", async () => {
  for (const key of await createSigningKeys(db, clock).publicKeys()) {
    expect(Object.keys(key).sort()).toEqual(["alg", "crv", "kid", "kty", "use", "x", "y"]);
  }
});

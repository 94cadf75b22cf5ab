import { createManualClock, isParleyError } from "@parley/core";
import { openDatabase } from "@parley/postgres";
import { afterAll, expect, test } from "vitest";
import { createLoginThrottle } from "../iam/login-throttle.ts";

const db = await openDatabase({
  dataDir: "memory:",
  schema: "iamdb",
  migrations: new URL("../migrations/iamdb", import.meta.url).pathname,
});
afterAll(() => db.close());

const clock = createManualClock(Date.UTC(2026, 0, 1));
const throttle = createLoginThrottle(db, clock);

/** How long a try has to wait; 0 if it is let in. */
async function waitOf(email: string): Promise<number> {
  try {
    await throttle.enter(email);
    return 0;
  } catch (error) {
    if (!isParleyError(error)) throw error;
    return error.detail("retry_info")?.retryAfterMs ?? Number.NaN;
  }
}

test("tries are free at first, then each waits twice as long, up to five minutes", async () => {
  for (let at = 0; at < 5; at++) expect(await waitOf("a")).toBe(0);
  const waits: number[] = [];
  for (let at = 0; at < 11; at++) {
    const wait = await waitOf("a");
    waits.push(wait / 1_000);
    clock.advance(wait - 1);
    expect(await waitOf("a")).toBe(1_000); // told in whole seconds, and not let in
    clock.advance(1);
    expect(await waitOf("a")).toBe(0);
  }
  expect(waits).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
});

test("a hundred at once are a hundred", async () => {
  const waits = await Promise.all(Array.from({ length: 100 }, () => waitOf("b")));
  expect(waits.filter((wait) => wait === 0)).toHaveLength(5);
});

test("a success, or a quarter of an hour, begins anew", async () => {
  for (let at = 0; at < 5; at++) await waitOf("c");
  await throttle.succeed("c");
  for (let at = 0; at < 5; at++) expect(await waitOf("c")).toBe(0);
  expect(await waitOf("c")).toBeGreaterThan(0);
  clock.advance(901_000);
  for (let at = 0; at < 5; at++) expect(await waitOf("C")).toBe(0);
});

test("made-up addresses do not stay", async () => {
  for (let at = 0; at < 50; at++) await throttle.enter(`made-up-${at}`);
  clock.advance(3_600_000);
  await throttle.enter("one more");
  const { rows } = await db.query<{ count: bigint }>("SELECT count(*) FROM login_attempts");
  expect(rows[0]?.count).toBe(1n);
});

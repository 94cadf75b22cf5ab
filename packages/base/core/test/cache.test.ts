import { describe, expect, test } from "vitest";
import { createCache } from "../src/cache/create-cache.ts";
import { ParleyError } from "../src/errors/parley-error.ts";
import { createManualClock } from "../src/time/manual-clock.ts";

/** A cache over a source that counts, and whose loads end when the test says so. */
function sample(options: { maxEntries?: number; keep?: (value: string) => boolean } = {}) {
  const clock = createManualClock();
  const loads: { key: string; answer: PromiseWithResolvers<string> }[] = [];
  const values = createCache<string, string>({ maxEntries: 2, ttlMs: 1_000, clock, ...options });
  const cache = {
    ...values,
    get: (key: string) =>
      values.get(key, () => {
        const answer = Promise.withResolvers<string>();
        loads.push({ key, answer });
        return answer.promise;
      }),
  };
  const answer = async (at: number, value: string): Promise<void> => loads[at]?.answer.resolve(value);
  const filled = async (key: string, value: string): Promise<void> => {
    const asked = cache.get(key);
    await answer(loads.length - 1, value);
    expect(await asked).toBe(value);
  };
  return { cache, clock, loads, answer, filled };
}

test("a value is read once, until its time is over", async () => {
  const { cache, clock, loads, filled } = sample();
  await filled("a", "1");
  clock.advance(999);
  expect(await cache.get("a")).toBe("1");
  expect(loads).toHaveLength(1);
  clock.advance(1);
  await filled("a", "2");
});

test("those who ask at once share one load", async () => {
  const { cache, loads, answer } = sample();
  const asked = [cache.get("a"), cache.get("a"), cache.get("b")];
  expect(loads.map(({ key }) => key)).toEqual(["a", "b"]);
  await answer(0, "1");
  await answer(1, "2");
  expect(await Promise.all(asked)).toEqual(["1", "1", "2"]);
});

test("the least recently used entry goes first", async () => {
  const { cache, loads, filled } = sample({ maxEntries: 2 });
  await filled("a", "1");
  await filled("b", "2");
  await cache.get("a");
  await filled("c", "3");
  expect(await cache.get("a")).toBe("1");
  expect(loads).toHaveLength(3);
  await filled("b", "4");
});

test("what may not be kept is read again", async () => {
  const { filled, loads } = sample({ keep: (value) => value !== "none" });
  await filled("a", "none");
  await filled("a", "none");
  expect(loads).toHaveLength(2);
});

describe("an invalidation", () => {
  test("has the next one load", async () => {
    const { cache, filled } = sample();
    await filled("a", "1");
    cache.invalidate("a");
    await filled("a", "2");
  });

  test("keeps a load that is under way from being kept: it may have read what was before", async () => {
    const { cache, loads, answer } = sample();
    const before = cache.get("a");
    cache.invalidateWhere((key) => key === "a");
    const after = cache.get("a");
    expect(loads).toHaveLength(2);
    await answer(1, "new");
    await answer(0, "old");
    expect([await before, await after, await cache.get("a")]).toEqual(["old", "new", "new"]);
  });
});

describe("a failure", () => {
  test("is told to all who wait, and not kept", async () => {
    const { cache, loads, filled } = sample();
    const asked = [cache.get("a"), cache.get("a")];
    loads[0]?.answer.reject(new ParleyError("UNAVAILABLE", "down"));
    expect(await Promise.allSettled(asked)).toMatchObject([
      { reason: { code: "UNAVAILABLE" } },
      { reason: { code: "UNAVAILABLE" } },
    ]);
    await filled("a", "1");
  });

  test("that is the first caller's own has the others load anew, once for all of them", async () => {
    const { cache, loads, answer } = sample();
    const [first, ...others] = [cache.get("a"), cache.get("a"), cache.get("a")];
    loads[0]?.answer.reject(new ParleyError("CANCELLED", "the client went away"));
    await expect(first).rejects.toMatchObject({ code: "CANCELLED" });
    await expect.poll(() => loads.length).toBe(2);
    await answer(1, "1");
    expect(await Promise.all(others)).toEqual(["1", "1"]);
  });
});

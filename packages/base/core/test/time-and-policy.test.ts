import { describe, expect, test } from "vitest";
import { ParleyError } from "../src/errors/parley-error.ts";
import { backoffDelayMs, DEFAULT_BACKOFF } from "../src/policy/backoff.ts";
import { DEFAULT_RETRY, isRetryable } from "../src/policy/retry.ts";
import { createRetryBudget } from "../src/policy/retry-budget.ts";
import { createSeededRandom, systemIds } from "../src/random.ts";
import { systemClock } from "../src/time/clock.ts";
import { formatDurationMs, parseDurationMs } from "../src/time/duration.ts";
import { createManualClock } from "../src/time/manual-clock.ts";
import { settleWithin } from "../src/time/settle-within.ts";

test.each([
  ["100ms", 100],
  ["3s", 3_000],
  ["1.5m", 90_000],
  ["2h", 7_200_000],
  ["7d", 604_800_000],
  ["100", undefined],
  ["-1s", undefined],
  ["1 s", undefined],
  ["", undefined],
])("parseDurationMs(%j)", (text, expected) => {
  expect(parseDurationMs(text)).toBe(expected);
});

test.each([3_000, 1_500, 60_000, 86_400_000, 0, 1])("a duration of %d ms reads back", (durationMs) => {
  expect(parseDurationMs(formatDurationMs(durationMs))).toBe(durationMs);
});

describe("backoff", () => {
  const half = { next: () => 0.5 };

  test("doubles up to its bound", () => {
    const delays = [1, 2, 3, 10].map((failures) =>
      backoffDelayMs({ ...DEFAULT_BACKOFF, jitter: "none" }, failures, half),
    );
    expect(delays).toEqual([100, 200, 400, 5_000]);
  });

  test("full jitter draws from zero, equal jitter from half", () => {
    expect(backoffDelayMs({ ...DEFAULT_BACKOFF, jitter: "full" }, 2, half)).toBe(100);
    expect(backoffDelayMs({ ...DEFAULT_BACKOFF, jitter: "equal" }, 2, half)).toBe(150);
  });
});

test("the retry budget pauses retries while it is half empty, and successes earn them back", () => {
  const budget = createRetryBudget({ maxTokens: 10, tokenRatio: 0.5 });
  for (let i = 0; i < 5; i++) budget.failure();
  expect(budget.allows()).toBe(false);
  budget.success();
  expect(budget.allows()).toBe(true);
});

describe("isRetryable", () => {
  const unavailable = new ParleyError("UNAVAILABLE", "x");
  const refused = new ParleyError("UNAVAILABLE", "x", { progress: "refused" });

  test.each([
    ["a listed code of an idempotent method", unavailable, true, true],
    ["a listed code of another method", unavailable, false, false],
    ["a refused call of any method", refused, false, true],
    ["a code that is not listed", new ParleyError("INTERNAL", "x"), true, false],
    ["a refusal that will not change", new ParleyError("INVALID_ARGUMENT", "x", { progress: "refused" }), true, false],
  ])("%s", (_, error, idempotent, expected) => {
    expect(isRetryable(error, DEFAULT_RETRY, { idempotent })).toBe(expected);
  });
});

test("the manual clock fires timers in order, each at its own moment", () => {
  const clock = createManualClock(0);
  const fired: [string, number][] = [];
  clock.setTimer(20, () => fired.push(["b", clock.now()]));
  clock.setTimer(10, () => {
    fired.push(["a", clock.now()]);
    clock.setTimer(5, () => fired.push(["nested", clock.now()]));
  });
  clock.setTimer(15, () => fired.push(["cancelled", clock.now()])).cancel();
  clock.advance(30);
  expect(fired).toEqual([
    ["a", 10],
    ["nested", 15],
    ["b", 20],
  ]);
  expect(clock.now()).toBe(30);
});

test("a timer longer than Node can hold does not fire at once", async () => {
  let fired = false;
  const timer = systemClock.setTimer(2 ** 40, () => {
    fired = true;
  });
  await new Promise(setImmediate);
  timer.cancel();
  expect(fired).toBe(false);
});

test("settleWithin ends with the work, or at the limit", async () => {
  const clock = createManualClock();
  expect(await settleWithin(Promise.reject(new Error("x")), 10, clock)).toBe("settled");
  expect(clock.pending()).toBe(0);
  const waiting = settleWithin(new Promise(() => {}), 10, clock);
  clock.advance(10);
  expect(await waiting).toBe("timeout");
});

test("seeded chance repeats, and ids have the length that W3C trace context asks for", () => {
  const draw = (seed: number) => {
    const random = createSeededRandom(seed);
    return [random.next(), random.next(), random.next()];
  };
  expect(draw(7)).toEqual(draw(7));
  expect(draw(7)).not.toEqual(draw(8));
  const ids = systemIds;
  const many = Array.from({ length: 1_000 }, () => ids.traceId());
  expect(new Set(many).size).toBe(1_000);
  expect(many.every((id) => /^[0-9a-f]{32}$/.test(id))).toBe(true);
  expect(ids.spanId()).toMatch(/^[0-9a-f]{16}$/);
});

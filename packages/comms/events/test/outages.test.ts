import { DurationSchema } from "@bufbuild/protobuf/wkt";
import { ParleyError } from "@parley/core";
import { createSeededRandom } from "@parley/core/internal";
import { describe, expect, it } from "vitest";
import { retryDelayMs } from "../src/consume/failures.ts";
import { defineEvent } from "../src/definition/define-event.ts";
import { defineQueue } from "../src/definition/define-queue.ts";
import { DEFAULT_EVENT_POLICY } from "../src/policy.ts";
import { busForTest, eventually, FAST } from "./support/bus-for-test.ts";

const TimerSet = defineEvent({ name: "timers.set", schema: DurationSchema, key: ({ seconds }) => seconds });
const Bells = defineQueue({ name: "bells", schema: DurationSchema });

const away = (): ParleyError => new ParleyError("UNAVAILABLE", "the circuit breaker for tower-service is open");
const refused = (): Error => Object.assign(new Error("connect ECONNREFUSED 127.0.0.1:25"), { code: "ECONNREFUSED" });
const broken = (): ParleyError => new ParleyError("INTERNAL", "the bell is broken");

/** Throws these one after the other, and then nothing. */
function handlerThat(failures: readonly (() => Error)[]) {
  let attempts = 0;
  const handle = async (): Promise<void> => {
    const failure = failures[attempts++];
    if (failure) throw failure();
  };
  return { handle, attempts: () => attempts };
}
const times = (count: number, failure: () => Error): (() => Error)[] => Array(count).fill(failure);

describe.each(["event", "job"] as const)("an %s whose handler needs something that is unavailable", (kind) => {
  async function run(failures: readonly (() => Error)[], policy: object = {}) {
    const test = busForTest({ policyFor: () => ({ ...FAST, ...policy }) });
    const handler = handlerThat(failures);
    if (kind === "event") test.bus.subscribe(TimerSet, handler.handle);
    else test.bus.work(Bells, handler.handle);
    await test.bus.start();
    if (kind === "event") await test.bus.publish(test.database, TimerSet, { seconds: 7n });
    else await test.bus.enqueue(test.database, Bells, { seconds: 7n });
    const outcomes = () => test.observed.flatMap((event) => (event.type === "handled" ? [event.outcome] : []));
    return { ...test, handler, outcomes };
  }

  it.each([
    ["an open breaker", away],
    ["a refused connection", refused],
  ])("is not given up after so many attempts: %s", async (_, failure) => {
    const { bus, handler, outcomes } = await run(times(12, failure));
    await eventually(() => expect(outcomes()).toEqual([...Array(12).fill("retry"), "done"]));
    expect(handler.attempts()).toBe(13);
    expect(await bus.deadLetters.list()).toEqual([]);
  });

  it("keeps all its attempts for failures of its own", async () => {
    const { outcomes } = await run([...times(8, away), ...times(4, broken)]);
    await eventually(() => expect(outcomes()).toEqual([...Array(12).fill("retry"), "done"]));
  });

  it("is a dead letter when that lasts longer than its limit, and says since when", async () => {
    const startMs = Date.now();
    const { bus } = await run(times(10_000, away), { outageLimitMs: 60 });
    await eventually(async () => expect(await bus.deadLetters.list()).toHaveLength(1));
    const [letter] = await bus.deadLetters.list();
    expect(letter?.reason).toEqual({ code: "UNAVAILABLE", message: away().message });
    expect((letter?.deadAtMs ?? 0) - (letter?.firstFailedAtMs ?? 0)).toBeGreaterThanOrEqual(60);
    expect(letter?.firstFailedAtMs).toBeGreaterThanOrEqual(startMs);
    expect(Object.keys(letter?.envelope.extensions ?? {})).not.toContain("outages");
  });

  it("is not tried again where retries are turned off", async () => {
    const { bus, handler } = await run(times(2, away), { maxAttempts: 1 });
    await eventually(async () => expect(await bus.deadLetters.list()).toHaveLength(1));
    expect(handler.attempts()).toBe(1);
  });
});

describe("the wait before another attempt", () => {
  const openBreaker = (retryAfterMs: number): ParleyError =>
    new ParleyError("UNAVAILABLE", "open", { details: [{ type: "retry_info", retryAfterMs }] });

  it("is longer than a breaker stays open, and spread", () => {
    const random = createSeededRandom(1);
    const waits = Array.from({ length: 20 }, () => retryDelayMs(openBreaker(30_000), 1, DEFAULT_EVENT_POLICY, random));
    expect(Math.min(...waits)).toBeGreaterThan(30_000);
    expect(new Set(waits).size).toBeGreaterThan(10);
  });

  it("is bounded, whatever an error asks for: a timer of 2^31 ms fires at once", () => {
    const waitMs = retryDelayMs(openBreaker(1e12), 1, DEFAULT_EVENT_POLICY, createSeededRandom(1));
    expect(waitMs).toBeLessThan(2 * 3_600_000);
  });
});

describe("dead letters of a cause that is gone", () => {
  it("are replayed by code and by a text of their reason, and no others", async () => {
    const { bus, database } = busForTest({ policyFor: () => ({ ...FAST, maxAttempts: 1 }) });
    const failures = new Map<bigint, () => Error>([
      [1n, away],
      [2n, broken],
      [3n, refused],
    ]);
    const handled: bigint[] = [];
    bus.subscribe(TimerSet, async ({ seconds }) => {
      const failure = failures.get(seconds);
      if (failure) throw failure();
      handled.push(seconds);
    });
    await bus.start();
    for (const seconds of failures.keys()) await bus.publish(database, TimerSet, { seconds });
    await eventually(async () => expect(await bus.deadLetters.list()).toHaveLength(3));
    failures.clear();
    expect(await bus.deadLetters.list({ code: "UNAVAILABLE" })).toHaveLength(2);
    expect(await bus.deadLetters.replay({ code: "UNAVAILABLE", cause: "tower-service" })).toBe(1);
    await eventually(() => expect(handled).toEqual([1n]));
    expect(await bus.deadLetters.replay({ code: "UNAVAILABLE" })).toBe(1);
    await eventually(() => expect(handled).toEqual([1n, 3n]));
    expect(await bus.deadLetters.list()).toMatchObject([{ reason: { code: "INTERNAL" } }]);
  });
});

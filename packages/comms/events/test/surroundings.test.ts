import { DurationSchema } from "@bufbuild/protobuf/wkt";
import { type ErrorCode, ParleyError } from "@parley/core";
import { createMemoryTransport } from "@parley/transport/testing";
import { describe, expect, it } from "vitest";
import { defineEvent } from "../src/definition/define-event.ts";
import { defineQueue } from "../src/definition/define-queue.ts";
import type { InboxStore } from "../src/store/inbox-store.ts";
import { createMemoryDeadLetters } from "../src/testing/memory/create-memory-dead-letters.ts";
import { createMemoryInbox } from "../src/testing/memory/create-memory-inbox.ts";
import { createMemoryOutbox } from "../src/testing/memory/create-memory-outbox.ts";
import { busForTest, eventually } from "./support/bus-for-test.ts";

const TimerSet = defineEvent({ name: "timers.set", schema: DurationSchema, key: ({ seconds }) => seconds });
const Bells = defineQueue({ name: "bells", schema: DurationSchema });
const GROWING = { backoff: { initialMs: 5, maxMs: 1_000, multiplier: 2, jitter: "none" }, maxAttempts: 3 } as const;

/** An inbox that fails so often, and for good, where an event is not the first one. */
function brokenInbox(code: ErrorCode, times: number): InboxStore & { readonly calls: () => number } {
  const inbox = createMemoryInbox();
  let calls = 0;
  return {
    ...inbox,
    calls: () => calls,
    async record(...args) {
      calls += 1;
      if (calls <= times) throw new ParleyError(code, "the inbox is broken");
      return inbox.record(...args);
    },
  };
}

describe("when what surrounds a handler fails", () => {
  it.each(["INTERNAL", "INVALID_ARGUMENT"] as const)(
    "for good (%s), the event is a dead letter with that reason, and its key goes on after a replay",
    async (code) => {
      const inbox = brokenInbox(code, code === "INTERNAL" ? 3 : 1);
      const { bus, database } = busForTest({ inbox, policyFor: () => GROWING });
      const handled: bigint[] = [];
      bus.subscribe(TimerSet, async ({ seconds }) => void handled.push(seconds));
      await bus.start();
      await bus.publish(database, TimerSet, { seconds: 7n });
      await eventually(async () => {
        expect(await bus.deadLetters.list()).toMatchObject([{ reason: { code, message: "the inbox is broken" } }]);
      });
      expect(handled).toEqual([]);
      await bus.deadLetters.replay({});
      await eventually(() => expect(handled).toEqual([7n]));
    },
  );

  it("for a while, it keeps its attempts; each failure is logged, and the pauses grow", async () => {
    const inbox = brokenInbox("UNAVAILABLE", 6);
    const { bus, database, lines } = busForTest({ inbox, policyFor: () => GROWING });
    const attempts: number[] = [];
    bus.subscribe(TimerSet, async (_, { attempt }) => void attempts.push(attempt));
    await bus.start();
    await bus.publish(database, TimerSet, { seconds: 7n });
    await eventually(() => expect(attempts).toEqual([1]));
    const warned = lines.filter(({ message }) => message?.startsWith("what surrounds the handler of an event failed"));
    expect(warned.map(({ fields }) => fields)).toMatchObject(
      [5, 10, 20, 40, 80, 160].map((retryAfterMs, index) => ({
        failures: index + 1,
        retryAfterMs,
        code: "UNAVAILABLE",
      })),
    );
  });

  it("by storing no dead letter, each failure is logged, and the pauses grow", async () => {
    const deadLetters = createMemoryDeadLetters();
    let failures = 0;
    const { bus, database, lines } = busForTest({
      policyFor: () => ({ ...GROWING, maxAttempts: 1 }),
      deadLetters: {
        ...deadLetters,
        async add(...args) {
          failures += 1;
          if (failures <= 5) throw new ParleyError("INTERNAL", "no letter can be stored");
          return deadLetters.add(...args);
        },
      },
    });
    let attempts = 0;
    bus.subscribe(TimerSet, async () => {
      attempts += 1;
      throw new Error("poison");
    });
    await bus.start();
    await bus.publish(database, TimerSet, { seconds: 7n });
    await eventually(async () => expect(await deadLetters.list({})).toHaveLength(1));
    expect(attempts).toBe(1);
    const logged = lines.filter(({ message }) => message === "cannot store a dead letter");
    expect(logged.map(({ level, fields }) => ({ level, ...fields }))).toMatchObject(
      [5, 10, 20, 40, 80].map((retryAfterMs, index) => ({ level: "error", failures: index + 1, retryAfterMs })),
    );
  });

  it("at one replay for good, other letters are replayed", async () => {
    const inbox = createMemoryInbox();
    let isReplaying = false;
    let poison = "";
    const { bus, database } = busForTest({
      policyFor: () => ({ ...GROWING, maxAttempts: 1 }),
      inbox: {
        ...inbox,
        async record(tx, group, eventKey) {
          if (isReplaying && eventKey.endsWith(poison))
            throw new ParleyError("INTERNAL", "this one cannot be recorded");
          return inbox.record(tx, group, eventKey);
        },
      },
    });
    const handled: bigint[] = [];
    bus.subscribe(TimerSet, async ({ seconds }) => {
      if (!isReplaying) throw new Error("not yet");
      handled.push(seconds);
    });
    await bus.start();
    await bus.publish(database, TimerSet, { seconds: 1n });
    await eventually(async () => expect(await bus.deadLetters.list()).toHaveLength(1));
    await bus.publish(database, TimerSet, { seconds: 2n });
    await eventually(async () => expect(await bus.deadLetters.list()).toHaveLength(2));
    poison = (await bus.deadLetters.list())[0]?.envelope.id ?? "";
    isReplaying = true;
    await bus.deadLetters.replay({});
    await eventually(() => expect(handled).toEqual([2n]));
    await eventually(async () =>
      expect(await bus.deadLetters.list()).toMatchObject([
        { state: "waiting", reason: { message: "this one cannot be recorded" } },
      ]),
    );
  });
});

describe("a dead letter tells the operator", () => {
  const broken = (): Error => new Error("the bell is broken", { cause: new RangeError("no clapper") });
  const policyFor = () => ({ ...GROWING, maxAttempts: 2 });

  it("the messages of what an event's handler threw, and of its causes", async () => {
    const { bus, database } = busForTest({ policyFor });
    bus.subscribe(TimerSet, async () => {
      throw broken();
    });
    await bus.start();
    await bus.publish(database, TimerSet, { seconds: 7n });
    await eventually(async () =>
      expect(await bus.deadLetters.list()).toMatchObject([
        { reason: { code: "INTERNAL", message: "the bell is broken: RangeError: no clapper" } },
      ]),
    );
  });

  it("the same of a job, when it was enqueued, when it first failed, and when it was given up", async () => {
    const { bus, database } = busForTest({ policyFor: () => ({ ...policyFor(), maxAttempts: 3 }) });
    const times: number[] = [];
    bus.work(Bells, async () => {
      times.push(Date.now());
      throw broken();
    });
    const beforeMs = Date.now();
    await bus.enqueue(database, Bells, { seconds: 7n }, { delayMs: 30 });
    const afterMs = Date.now();
    await bus.start();
    await eventually(async () => expect(await bus.deadLetters.list()).toHaveLength(1));
    const [letter] = await bus.deadLetters.list();
    expect(letter?.reason).toEqual({ code: "INTERNAL", message: "the bell is broken: RangeError: no clapper" });
    const { timeMs = 0 } = letter?.envelope ?? {};
    expect(timeMs).toBeGreaterThanOrEqual(beforeMs);
    expect(timeMs).toBeLessThanOrEqual(afterMs);
    const [first = 0, , last = 0] = times;
    expect(letter?.firstFailedAtMs).toBeGreaterThanOrEqual(first);
    expect(letter?.firstFailedAtMs).toBeLessThan(last);
    expect(letter?.deadAtMs).toBeGreaterThanOrEqual(last);
  });

  it("no more than fits, and nothing twice", async () => {
    const { bus, database } = busForTest({ policyFor });
    const inner = new Error("x".repeat(10_000));
    bus.subscribe(TimerSet, async () => {
      throw new Error("outer", { cause: new Error("outer", { cause: inner }) });
    });
    await bus.start();
    await bus.publish(database, TimerSet, { seconds: 7n });
    await eventually(async () => expect(await bus.deadLetters.list()).toHaveLength(1));
    const { message = "" } = (await bus.deadLetters.list())[0]?.reason ?? {};
    expect(message).toMatch(/^outer: x{1900,2000} …$/);
  });
});

describe("when the broker and the database fail together", () => {
  it("a look at what waits rejects once, and no rejection is left that nothing handles", async () => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown): void => void unhandled.push(reason);
    process.on("unhandledRejection", note);
    const transport = createMemoryTransport();
    const away = async (): Promise<never> => {
      throw new ParleyError("UNAVAILABLE", "the broker is away");
    };
    const { bus } = busForTest({
      transport: { ...transport, subscribe: async () => ({ lag: away, close: async () => {} }) },
      outbox: {
        ...createMemoryOutbox(),
        async lag() {
          // Later than the broker: what was started before and not watched would have rejected by then.
          await new Promise((resolve) => setImmediate(resolve));
          throw new ParleyError("UNAVAILABLE", "the database is away");
        },
      },
    });
    bus.subscribe(TimerSet, async () => {});
    await bus.start();
    await expect(bus.lag()).rejects.toMatchObject({ code: "UNAVAILABLE" });
    await new Promise((resolve) => setTimeout(resolve, 20));
    process.off("unhandledRejection", note);
    expect(unhandled).toEqual([]);
  });
});

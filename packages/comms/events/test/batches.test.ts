import { DurationSchema } from "@bufbuild/protobuf/wkt";
import { describe, expect, it } from "vitest";
import { defineEvent } from "../src/definition/define-event.ts";
import { busForTest, eventually } from "./support/bus-for-test.ts";

const TimerSet = defineEvent({ name: "timers.set", schema: DurationSchema, key: ({ seconds }) => seconds });

describe("batches", () => {
  it("gather what comes, up to their size or their time", async () => {
    const { bus, database } = busForTest();
    const sizes: number[] = [];
    bus.subscribeBatch(TimerSet, async (items) => void sizes.push(items.length), { maxSize: 10, maxWaitMs: 50 });
    await bus.start();
    await database.transaction(async (tx) => {
      for (let number = 0; number < 25; number++) await bus.publish(tx, TimerSet, { seconds: BigInt(number) });
    });
    await eventually(() => expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(25));
    expect(Math.max(...sizes)).toBe(10);
  });

  it("have no two events of a key, and keep its order", async () => {
    const { bus, database } = busForTest();
    const heard: number[] = [];
    let mixed = 0;
    bus.subscribeBatch(
      TimerSet,
      async (items) => {
        if (new Set(items.map(({ payload }) => payload.seconds)).size < items.length) mixed += 1;
        for (const { payload } of items) if (payload.seconds === 1n) heard.push(payload.nanos);
      },
      { maxSize: 4, maxWaitMs: 5 },
    );
    await bus.start();
    for (let number = 0; number < 20; number++) {
      await bus.publish(database, TimerSet, { seconds: BigInt(number % 2), nanos: number });
    }
    await eventually(() => expect(heard).toHaveLength(10));
    expect(heard).toEqual([...heard].sort((a, b) => a - b));
    expect(mixed).toBe(0);
  });

  it("that fail go one by one, so that one poison event is the only dead letter", async () => {
    const { bus, database } = busForTest();
    const effects = new Map<bigint, number>();
    bus.subscribeBatch(
      TimerSet,
      async (items) => {
        if (items.some(({ payload }) => payload.seconds === 13n)) throw new Error("poison");
        for (const { payload } of items) effects.set(payload.seconds, (effects.get(payload.seconds) ?? 0) + 1);
      },
      { maxSize: 20, maxWaitMs: 20 },
    );
    await bus.start();
    await database.transaction(async (tx) => {
      for (let number = 0; number < 20; number++) await bus.publish(tx, TimerSet, { seconds: BigInt(number) });
    });
    await eventually(async () => expect(await bus.deadLetters.list()).toMatchObject([{ envelope: { key: "13" } }]));
    await eventually(() => expect(effects.size).toBe(19));
    expect([...effects.values()].every((count) => count === 1)).toBe(true);
  });

  it("count a repeat within them once", async () => {
    const { bus, database, broker } = busForTest();
    const heard: bigint[] = [];
    bus.subscribeBatch(TimerSet, async (items) => void heard.push(...items.map(({ payload }) => payload.seconds)), {
      maxSize: 10,
      maxWaitMs: 20,
      ordering: "none",
    });
    await bus.start();
    await bus.publish(database, TimerSet, { seconds: 1n });
    await eventually(() => expect(heard).toEqual([1n]));
    const envelopes = broker.published(TimerSet.name);
    broker.append(TimerSet.name, [...envelopes, ...envelopes]);
    await bus.publish(database, TimerSet, { seconds: 2n });
    await eventually(() => expect(heard).toEqual([1n, 2n]));
  });
});

import { DurationSchema } from "@bufbuild/protobuf/wkt";
import { invalidArgument, ParleyError } from "@parley/core";
import type { EventTransport } from "@parley/transport";
import { createMemoryBroker, createMemoryTransport } from "@parley/transport/testing";
import { describe, expect, it } from "vitest";
import { defineEvent } from "../src/definition/define-event.ts";
import { busForTest, eventually, FAST } from "./support/bus-for-test.ts";

const TimerSet = defineEvent({ name: "timers.set", schema: DurationSchema, key: ({ seconds }) => seconds });
const TimerRang = defineEvent({ name: "timers.rang", schema: DurationSchema });

/** A transport whose publishing can be made to fail. */
function fragile(broker = createMemoryBroker()) {
  const inner = createMemoryTransport({ broker });
  const state = {
    failure: undefined as ((topic: string, ids: readonly string[]) => ParleyError | undefined) | undefined,
    calls: 0,
  };
  const transport: EventTransport = {
    ...inner,
    async publish(topic, envelopes, options) {
      state.calls += 1;
      const error = state.failure?.(
        topic,
        envelopes.map(({ key }) => key ?? ""),
      );
      if (error) throw error;
      await inner.publish(topic, envelopes, options);
    },
  };
  return { transport, state, broker };
}

describe("the relay", () => {
  it("sends everything once the broker is back, in the order of each key", async () => {
    const { transport, state, broker } = fragile();
    const { bus, database } = busForTest({ broker, transport });
    const heard: string[] = [];
    bus.subscribe(TimerSet, async ({ seconds, nanos }) => void heard.push(`${seconds}/${nanos}`));
    await bus.start();
    state.failure = () => new ParleyError("UNAVAILABLE", "the broker is away");
    for (let number = 1; number <= 30; number++) {
      await bus.publish(database, TimerSet, { seconds: BigInt(number % 3), nanos: number });
    }
    await eventually(() => expect(state.calls).toBeGreaterThan(2));
    state.failure = undefined;
    await eventually(() => expect(heard).toHaveLength(30));
    for (const key of ["0", "1", "2"]) {
      const numbers = heard.filter((each) => each.startsWith(`${key}/`)).map((each) => Number(each.split("/")[1]));
      expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
    }
  });

  it("backs off while the broker is away, however much is published", async () => {
    const { transport, state } = fragile();
    const { bus, database } = busForTest({ transport });
    state.failure = () => new ParleyError("UNAVAILABLE", "the broker is away");
    await bus.start();
    for (let number = 0; number < 200; number++) await bus.publish(database, TimerRang, {});
    expect(state.calls).toBeLessThan(20);
  });

  it("lets one topic fail without the others", async () => {
    const { transport, state, broker } = fragile();
    const { bus, database } = busForTest({ broker, transport });
    let rang = 0;
    bus.subscribe(TimerRang, async () => void rang++);
    await bus.start();
    state.failure = (topic) =>
      topic === TimerSet.name ? new ParleyError("RESOURCE_EXHAUSTED", "the log is full") : undefined;
    await database.transaction(async (tx) => {
      await bus.publish(tx, TimerSet, {});
      await bus.publish(tx, TimerRang, {});
    });
    await eventually(() => expect(rang).toBe(1));
    expect((await bus.lag()).outbox).toBe(1);
  });

  it("puts aside what the broker will never take, and sends what came with it", async () => {
    const { transport, state, broker } = fragile();
    const { bus, database } = busForTest({ broker, transport });
    const heard: bigint[] = [];
    bus.subscribe(TimerSet, async ({ seconds }) => void heard.push(seconds));
    state.failure = (_, keys) =>
      keys.includes("2") ? invalidArgument({ field: "data", description: "is too large" }) : undefined;
    await database.transaction(async (tx) => {
      for (const seconds of [1n, 2n, 3n]) await bus.publish(tx, TimerSet, { seconds });
    });
    await bus.start();
    await eventually(() => expect(heard.sort()).toEqual([1n, 3n]));
    await eventually(async () =>
      expect(await bus.deadLetters.list()).toMatchObject([{ group: "outbox", reason: { code: "INVALID_ARGUMENT" } }]),
    );
    expect((await bus.lag()).outbox).toBe(0);
    state.failure = undefined;
    await bus.deadLetters.replay({ group: "outbox" });
    await eventually(() => expect(heard).toContain(2n));
  });

  it("may run three times at once without changing the order of a key", async () => {
    const broker = createMemoryBroker();
    const first = busForTest({ broker });
    const heard = new Map<bigint, number[]>();
    first.bus.subscribe(TimerSet, async ({ seconds, nanos }) => {
      heard.set(seconds, [...(heard.get(seconds) ?? []), nanos]);
    });
    const others = [1, 2].map(() => busForTest({ broker, ...first.stores, database: first.database }));
    await Promise.all([first, ...others].map(({ bus }) => bus.start()));
    for (let number = 0; number < 300; number++) {
      await first.bus.publish(first.database, TimerSet, { seconds: BigInt(number % 5), nanos: number });
    }
    await eventually(() => expect([...heard.values()].flat()).toHaveLength(300));
    for (const numbers of heard.values()) expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
  });

  it("says aloud when the outbox is stalled, and tells what waits", async () => {
    const { transport, state } = fragile();
    const outbox = {
      append: async () => {},
      lease: async () => [],
      settle: async () => {},
      lag: async () => ({ count: 3, oldestMs: 61_000 }),
    };
    const { bus, lines, observed } = busForTest({ transport, outbox });
    await bus.start();
    await eventually(() =>
      expect(lines).toContainEqual(
        expect.objectContaining({ level: "warn", message: expect.stringMatching(/stalled.*backend_xid/) }),
      ),
    );
    expect(observed).toContainEqual(expect.objectContaining({ type: "lag", of: "outbox", count: 3, oldestMs: 61_000 }));
    expect(state.calls).toBe(0);
  });
});

describe("publishing twice", () => {
  it("changes nothing: the inbox knows the event", async () => {
    const { transport, state, broker } = fragile();
    const { bus, database } = busForTest({ broker, transport, policyFor: () => FAST });
    let handled = 0;
    bus.subscribe(TimerSet, async () => void handled++);
    await bus.start();
    const inner = createMemoryTransport({ broker });
    const { publish } = transport;
    // The broker has it, and the relay is told that it has not: as after a cut before the confirmation.
    Object.assign(transport, {
      publish: async (...args: Parameters<typeof publish>) => {
        await inner.publish(...args);
        Object.assign(transport, { publish });
        throw new ParleyError("DEADLINE_EXCEEDED", "not confirmed");
      },
    });
    await bus.publish(database, TimerSet, { seconds: 7n });
    await eventually(async () => expect((await bus.lag()).outbox).toBe(0));
    await eventually(async () => expect((await bus.lag()).groups).toMatchObject([{ count: 0 }]));
    expect(state.calls).toBe(1);
    expect(handled).toBe(1);
  });
});

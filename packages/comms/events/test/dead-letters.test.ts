import { DurationSchema } from "@bufbuild/protobuf/wkt";
import { failedPrecondition } from "@parley/core";
import { describe, expect, it } from "vitest";
import { defineEvent } from "../src/definition/define-event.ts";
import { defineQueue } from "../src/definition/define-queue.ts";
import { busForTest, eventually } from "./support/bus-for-test.ts";

const TimerSet = defineEvent({ name: "timers.set", schema: DurationSchema, key: ({ seconds }) => seconds });
const Bells = defineQueue({ name: "bells", schema: DurationSchema });

/** A subscription that refuses what is in `refused`, by the nanoseconds that number an event. */
async function orderedBus() {
  const test = busForTest();
  const refused = new Set<number>();
  const handled: string[] = [];
  test.bus.subscribe(TimerSet, async ({ seconds, nanos }) => {
    if (refused.has(nanos)) throw failedPrecondition(`${nanos} is refused`);
    handled.push(`${seconds}/${nanos}`);
  });
  await test.bus.start();
  const publish = async (seconds: bigint, ...numbers: number[]): Promise<void> => {
    for (const nanos of numbers) await test.bus.publish(test.database, TimerSet, { seconds, nanos });
  };
  return { ...test, refused, handled, publish };
}

describe("dead letters of events that keep an order", () => {
  it("block later events of their key, and no others", async () => {
    const { bus, refused, handled, publish } = await orderedBus();
    refused.add(1);
    await publish(7n, 1, 2, 3);
    await publish(8n, 4, 5);
    await eventually(async () => expect(await bus.deadLetters.list()).toHaveLength(3));
    await eventually(() => expect(handled).toEqual(["8/4", "8/5"]));
    expect((await bus.deadLetters.list()).map(({ reason, attempts }) => [reason.code, attempts])).toEqual([
      ["FAILED_PRECONDITION", 1],
      ["BLOCKED", 0],
      ["BLOCKED", 0],
    ]);
  });

  it("are replayed in the order of their key, and what waited behind follows by itself", async () => {
    const { bus, refused, handled, publish } = await orderedBus();
    refused.add(1);
    await publish(7n, 1, 2, 3);
    await eventually(async () => expect(await bus.deadLetters.list()).toHaveLength(3));
    refused.clear();
    const [first] = await bus.deadLetters.list();
    expect(await bus.deadLetters.replay({ id: first?.id })).toBe(1);
    await publish(7n, 4);
    await eventually(() => expect(handled).toEqual(["7/1", "7/2", "7/3", "7/4"]));
    expect(await bus.deadLetters.list()).toEqual([]);
  });

  it("wait again with all behind them when they fail again", async () => {
    const { bus, refused, handled, publish } = await orderedBus();
    refused.add(1);
    await publish(7n, 1, 2);
    await eventually(async () => expect(await bus.deadLetters.list()).toHaveLength(2));
    expect(await bus.deadLetters.replay({ group: "course-service" })).toBe(2);
    await eventually(async () =>
      expect(await bus.deadLetters.list()).toMatchObject([
        { attempts: 2, state: "waiting", reason: { code: "FAILED_PRECONDITION" } },
        { attempts: 0, state: "waiting", reason: { code: "BLOCKED" } },
      ]),
    );
    expect(handled).toEqual([]);
  });

  it("fail one after the other when it is the next that fails", async () => {
    const { bus, refused, handled, publish } = await orderedBus();
    refused.add(1).add(2);
    await publish(7n, 1, 2, 3);
    await eventually(async () => expect(await bus.deadLetters.list()).toHaveLength(3));
    refused.delete(1);
    await bus.deadLetters.replay({});
    await eventually(async () =>
      expect(await bus.deadLetters.list()).toMatchObject([
        { reason: { code: "FAILED_PRECONDITION", message: "2 is refused" }, state: "waiting" },
        { reason: { code: "BLOCKED" }, state: "waiting" },
      ]),
    );
    expect(handled).toEqual(["7/1"]);
  });

  it("free their key when they are dropped", async () => {
    const { bus, refused, handled, publish } = await orderedBus();
    refused.add(1);
    await publish(7n, 1, 2, 3);
    await eventually(async () => expect(await bus.deadLetters.list()).toHaveLength(3));
    const [first] = await bus.deadLetters.list();
    expect(await bus.deadLetters.drop({ id: first?.id })).toBe(1);
    await eventually(() => expect(handled).toEqual(["7/2", "7/3"]));
    expect(await bus.deadLetters.list()).toEqual([]);
  });

  it("stay behind the first when one in the middle is dropped", async () => {
    const { bus, refused, handled, publish } = await orderedBus();
    refused.add(1);
    await publish(7n, 1, 2, 3);
    await eventually(async () => expect(await bus.deadLetters.list()).toHaveLength(3));
    const second = (await bus.deadLetters.list())[1];
    await bus.deadLetters.drop({ id: second?.id });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(handled).toEqual([]);
    expect(await bus.deadLetters.list()).toHaveLength(2);
  });

  it("are found by a sweep when nothing else would wake them", async () => {
    const { bus, database, stores, handled, publish } = await orderedBus();
    await publish(9n, 1);
    await eventually(() => expect(handled).toHaveLength(1));
    const data = new TextEncoder().encode('"7.000000002s"');
    const envelope = {
      id: "x",
      source: "/s",
      type: TimerSet.name,
      timeMs: 0,
      key: "7",
      contentType: "application/json",
      extensions: {},
      data,
    };
    const reason = { code: "BLOCKED", message: "waits behind one that is gone" };
    const times = { attempts: 0, firstFailedAtMs: 0, deadAtMs: 0 };
    await database.transaction((tx) =>
      stores.deadLetters.add(tx, { group: "course-service", topic: TimerSet.name, envelope, reason, ...times }),
    );
    await eventually(() => expect(handled).toEqual(["9/1", "7/2"]));
    expect(await bus.deadLetters.list()).toEqual([]);
  });
});

describe("the replay", () => {
  it("keeps the pace that was asked for", async () => {
    const { bus, refused, handled, publish } = await orderedBus();
    for (let number = 1; number <= 5; number++) refused.add(number);
    for (let number = 1; number <= 5; number++) await publish(BigInt(number), number);
    await eventually(async () => expect(await bus.deadLetters.list()).toHaveLength(5));
    refused.clear();
    const start = performance.now();
    await bus.deadLetters.replay({}, { perSecond: 50 });
    await eventually(() => expect(handled).toHaveLength(5));
    expect(performance.now() - start).toBeGreaterThanOrEqual(4 * 20 - 10);
  });

  it("puts a job back on its queue", async () => {
    const { bus, database } = busForTest();
    let refuse = true;
    const worked: bigint[] = [];
    bus.work(Bells, async ({ seconds }) => {
      if (refuse) throw failedPrecondition("no bell");
      worked.push(seconds);
    });
    await bus.start();
    await bus.enqueue(database, Bells, { seconds: 7n }, { priority: 5 });
    await eventually(async () =>
      expect(await bus.deadLetters.list()).toMatchObject([
        { group: "queue:bells", topic: "bells", attempts: 1, reason: { code: "FAILED_PRECONDITION" } },
      ]),
    );
    refuse = false;
    expect(await bus.deadLetters.replay({ group: "queue:bells" })).toBe(1);
    await eventually(() => expect(worked).toEqual([7n]));
    expect(await bus.deadLetters.list()).toEqual([]);
  });
});

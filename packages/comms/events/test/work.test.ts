import { DurationSchema } from "@bufbuild/protobuf/wkt";
import { ParleyError } from "@parley/core";
import { describe, expect, it } from "vitest";
import { defineEvent } from "../src/definition/define-event.ts";
import { defineQueue } from "../src/definition/define-queue.ts";
import { busForTest, eventually } from "./support/bus-for-test.ts";

const Bells = defineQueue({ name: "bells", schema: DurationSchema });
const OncePerBell = defineQueue({ name: "once", schema: DurationSchema, unique: ({ seconds }) => `${seconds}` });
const BellRang = defineEvent({ name: "bells.rang", schema: DurationSchema });

describe("a queue", () => {
  it("has a job worked after its transaction, and not at all after a roll-back", async () => {
    const { bus, database } = busForTest();
    const worked: bigint[] = [];
    bus.work(Bells, async ({ seconds }) => void worked.push(seconds));
    await bus.start();
    await database.transaction((tx) => bus.enqueue(tx, Bells, { seconds: 1n }));
    const undone = database.transaction(async (tx) => {
      await bus.enqueue(tx, Bells, { seconds: 2n });
      throw new RangeError("no");
    });
    await expect(undone).rejects.toThrow("no");
    await bus.enqueue(database, Bells, { seconds: 3n });
    await eventually(() => expect(worked).toEqual([1n, 3n]));
    await eventually(async () => expect((await bus.lag()).queues).toEqual([{ queue: "bells", count: 0 }]));
  });

  it("goes by priority, keeps what is delayed, and stores one job of a unique key while it waits", async () => {
    const { bus, database } = busForTest();
    const worked: string[] = [];
    await bus.enqueue(database, Bells, { seconds: 1n }, { priority: -1 });
    await bus.enqueue(database, Bells, { seconds: 2n });
    await bus.enqueue(database, Bells, { seconds: 3n }, { priority: 10 });
    await bus.enqueue(database, Bells, { seconds: 4n }, { delayMs: 100, priority: 100 });
    await bus.enqueue(database, OncePerBell, { seconds: 9n });
    await bus.enqueue(database, OncePerBell, { seconds: 9n });
    bus.work(Bells, async ({ seconds }) => void worked.push(`${seconds}`), { concurrency: { min: 1, max: 1 } });
    bus.work(OncePerBell, async () => void worked.push("once"));
    await bus.start();
    await eventually(() => expect(worked.filter((each) => each !== "once")).toEqual(["3", "2", "1", "4"]));
    expect(worked.filter((each) => each === "once")).toHaveLength(1);
  });

  it("tells how old a job is when it is done", async () => {
    const { bus, database, observed } = busForTest();
    bus.work(Bells, async () => {});
    await bus.enqueue(database, Bells, {}, { delayMs: 60 });
    await bus.start();
    await eventually(() => expect(observed).toContainEqual(expect.objectContaining({ kind: "job", outcome: "done" })));
    const [ages] = observed.flatMap((event) => (event.type === "handled" ? [event.ageMs] : []));
    expect(ages).toBeGreaterThanOrEqual(60);
  });

  it("refuses a priority that is none", async () => {
    const { bus, database } = busForTest();
    await expect(bus.enqueue(database, Bells, {}, { priority: 101 })).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
    });
  });

  it("works more jobs at once while it is long, up to the limit, and fewer when it is short", async () => {
    const { bus, database } = busForTest();
    let running = 0;
    let most = 0;
    const gate = Promise.withResolvers<void>();
    bus.work(
      Bells,
      async () => {
        running += 1;
        most = Math.max(most, running);
        await gate.promise;
        running -= 1;
      },
      { concurrency: { min: 1, max: 6 } },
    );
    await bus.enqueue(database, Bells, {});
    await bus.start();
    await eventually(() => expect(running).toBe(1));
    for (let index = 0; index < 40; index++) await bus.enqueue(database, Bells, {});
    await eventually(() => expect(running).toBe(6));
    gate.resolve();
    await eventually(async () => expect((await bus.lag()).queues).toMatchObject([{ count: 0 }]));
    expect(most).toBe(6);
  });

  it("commits the effects of a job with its end, and undoes them when it fails", async () => {
    const { bus, database, stores } = busForTest();
    let attempts = 0;
    bus.work(Bells, async (_, { tx, attempt }) => {
      attempts = attempt;
      await bus.publish(tx, BellRang, {});
      if (attempt < 3) throw new Error("not yet");
    });
    const heard: string[] = [];
    bus.subscribe(BellRang, async (_, { envelope }) => void heard.push(envelope.id));
    await bus.start();
    await bus.enqueue(database, Bells, {});
    await eventually(() => expect(heard).toHaveLength(1));
    expect(attempts).toBe(3);
    await eventually(async () => expect(await stores.work.length("bells")).toBe(0));
  });

  it("tries a job so often, and then it is a dead letter", async () => {
    const { bus, database } = busForTest();
    bus.work(Bells, async () => {
      throw new ParleyError("INTERNAL", "broken");
    });
    await bus.start();
    await bus.enqueue(database, Bells, {});
    await eventually(async () =>
      expect(await bus.deadLetters.list()).toMatchObject([{ group: "queue:bells", attempts: 5, topic: "bells" }]),
    );
    expect((await bus.lag()).queues).toMatchObject([{ count: 0 }]);
  });

  it("keeps the lease of a long job", async () => {
    const { bus, database } = busForTest();
    let runs = 0;
    bus.work(
      Bells,
      async () => {
        runs += 1;
        await new Promise((resolve) => setTimeout(resolve, 250));
      },
      { leaseMs: 60 },
    );
    await bus.start();
    await bus.enqueue(database, Bells, {});
    await eventually(async () => expect((await bus.lag()).queues).toMatchObject([{ count: 0 }]));
    expect(runs).toBe(1);
  });

  it("gives a job whose lease was lost to another, and counts its effects once", async () => {
    const { bus, database, stores } = busForTest();
    const { work } = stores;
    const renew = work.renew?.bind(work);
    let stalls = true;
    work.renew = async (queue, job, leaseMs) => (stalls ? false : ((await renew?.(queue, job, leaseMs)) ?? false));
    const reasons: unknown[] = [];
    bus.work(
      Bells,
      async (_, { tx, attempt, signal }) => {
        await bus.publish(tx, BellRang, {});
        if (attempt > 1) return;
        await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
        reasons.push(signal.reason);
        stalls = false;
      },
      { leaseMs: 60 },
    );
    const heard: string[] = [];
    bus.subscribe(BellRang, async (_, { envelope }) => void heard.push(envelope.id));
    await bus.start();
    await bus.enqueue(database, Bells, {});
    await eventually(() => expect(heard).toHaveLength(1));
    expect(reasons).toMatchObject([{ code: "ABORTED" }]);
    await eventually(async () => expect(await work.length("bells")).toBe(0));
    expect(heard).toHaveLength(1);
  });

  it("gives back at the drain what has not begun, and lets the rest end", async () => {
    const { bus, database, stores } = busForTest();
    const gate = Promise.withResolvers<void>();
    let began = 0;
    let ended = 0;
    bus.work(
      Bells,
      async () => {
        began += 1;
        await gate.promise;
        ended += 1;
      },
      { concurrency: { min: 2, max: 2 }, prefetch: 10 },
    );
    for (let index = 0; index < 10; index++) await bus.enqueue(database, Bells, {});
    await bus.start();
    await eventually(() => expect(began).toBe(2));
    const drained = bus.drain();
    gate.resolve();
    await drained;
    expect([began, ended]).toEqual([2, 2]);
    const left = await stores.work.lease("bells", { limit: 100, leaseMs: 1_000, signal: new AbortController().signal });
    expect(left).toHaveLength(8);
  });

  it("aborts jobs that do not end when the drain is forced", async () => {
    const { bus, database } = busForTest();
    const reasons: unknown[] = [];
    let began = false;
    bus.work(Bells, async (_, { signal }) => {
      began = true;
      await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
      reasons.push(signal.reason);
    });
    await bus.start();
    await bus.enqueue(database, Bells, {});
    await eventually(() => expect(began).toBe(true));
    await bus.drain({ signal: AbortSignal.timeout(30) });
    expect(reasons).toMatchObject([{ code: "CANCELLED" }]);
  });
});

import type { LeasedJob, NewJob } from "@parley/events";
import { createWorkStore, migrateEventStores } from "@parley/postgres";
import { describe, expect, it, vi } from "vitest";
import { freshName } from "../../src/testing/with-database.ts";
import { subjects } from "../support/subjects.ts";

const signal = new AbortController().signal;
const QUEUE = "reports";

let next = 0;
function job(options: Partial<NewJob> = {}): NewJob {
  const id = `job-${next++}`;
  return { id, data: Buffer.from(`"${id}"`), priority: 0, attributes: { tenant: "t" }, ...options };
}

const ids = (jobs: readonly NewJob[]): readonly string[] => jobs.map(({ id }) => id);

describe.each(await subjects())("work queues on $name", { timeout: 30_000 }, (subject) => {
  const openWork = async () => {
    subject.fresh();
    const database = await subject.open();
    await migrateEventStores(database);
    const work = createWorkStore(database);
    const lease = (limit = 10, leaseMs = 60_000) => work.lease(QUEUE, { limit, leaseMs, signal });
    const done = (leased: LeasedJob) => work.settle(database, QUEUE, leased, "done");
    return { database, work, lease, done };
  };

  it("gives out by priority, then by age, each to one worker, until it is done", async () => {
    const { database, work, lease, done } = await openWork();
    const [low, first, second, high] = [job({ priority: -1 }), job(), job(), job({ priority: 100 })];
    await work.enqueue(database, QUEUE, [low, first, second, high]);
    await work.enqueue(database, "others", [job()]);
    const leased = [...(await lease(3)), ...(await lease(3))];
    expect(ids(leased)).toEqual(ids([high, first, second, low]));
    const { data, ...attributes } = leased[0] ?? high;
    expect(Buffer.from(data)).toEqual(high.data);
    expect(attributes).toMatchObject({ priority: 100, attributes: { tenant: "t" }, attempt: 1 });
    expect([await work.length(QUEUE), await work.length("others")]).toEqual([4, 1]);
    expect(await Promise.all(leased.map(done))).toEqual([true, true, true, true]);
    expect(await Promise.all(leased.map(done))).toEqual([false, false, false, false]);
    expect(await work.length(QUEUE)).toBe(0);
  });

  it("tells the age of the oldest that waits: since it was enqueued, or became due", async () => {
    const { database, work, lease, done } = await openWork();
    const enqueued = (agoMs: number) => ({ attributes: { enqueuedms: String(Date.now() - agoMs) } });
    expect(await work.lag?.(QUEUE)).toEqual({ count: 0, oldestMs: 0 });
    await work.enqueue(database, QUEUE, [job(enqueued(60_000)), job(enqueued(5_000))]);
    await work.enqueue(database, "later", [job({ ...enqueued(60_000), notBeforeMs: Date.now() - 5_000 })]);
    const [first] = await lease(1);
    const held = await work.lag?.(QUEUE);
    expect(held?.count).toBe(2);
    expect(held?.oldestMs).toBeGreaterThanOrEqual(60_000);
    if (first) await done(first);
    const left = await work.lag?.(QUEUE);
    expect(left?.count).toBe(1);
    expect(left?.oldestMs).toBeGreaterThanOrEqual(5_000);
    expect(left?.oldestMs).toBeLessThan(60_000);
    expect((await work.lag?.("later"))?.oldestMs).toBeLessThan(60_000);
  });

  it("keeps a job that is delayed or retried until its time", async () => {
    const { database, work, lease } = await openWork();
    await work.enqueue(database, QUEUE, [job({ notBeforeMs: Date.now() + 600_000 }), job({ notBeforeMs: 1 })]);
    const [due] = await lease();
    if (!due) throw new Error("nothing was due");
    expect([await lease(), await work.length(QUEUE)]).toEqual([[], 1]);
    expect(await work.settle(database, QUEUE, due, { retryAtMs: Date.now() + 600_000 })).toBe(true);
    expect([await lease(), await work.length(QUEUE)]).toEqual([[], 0]);
    expect(await work.settle(database, QUEUE, due, "done")).toBe(false);
    await database.query("UPDATE parley_jobs SET due_at = now() WHERE id = $1", [due.id]);
    expect((await lease()).map(({ id, attempt }) => [id, attempt])).toEqual([[due.id, 2]]);
  });

  it("gives a retried job back with what the retry wrote into its attributes, or with those that it had", async () => {
    const { database, work, lease } = await openWork();
    await work.enqueue(database, QUEUE, [job()]);
    const [first] = await lease();
    if (!first) throw new Error("nothing was due");
    const attributes = { ...first.attributes, outages: "3" };
    expect(await work.settle(database, QUEUE, first, { retryAtMs: 1, attributes })).toBe(true);
    const [second] = await lease();
    if (!second) throw new Error("nothing came back");
    expect(second).toMatchObject({ id: first.id, attempt: 2, attributes });
    expect(await work.settle(database, QUEUE, second, { retryAtMs: 1 })).toBe(true);
    expect(await lease()).toMatchObject([{ attempt: 3, attributes }]);
  });

  it("looks, of many jobs that are due together, only at those that have been due longest", async () => {
    const { database, work, lease } = await openWork();
    // Beyond the 500 that compete for a batch there is one of a higher priority that came due last.
    const waiting = Array.from({ length: 600 }, (_, index) => job({ notBeforeMs: 1_000 + index, priority: index % 2 }));
    const late = job({ notBeforeMs: 2_000, priority: 9 });
    await work.enqueue(database, QUEUE, [...waiting, late]);
    const odd = waiting.filter(({ priority }) => priority === 1);
    expect(ids(await lease(20))).toEqual(ids(odd.slice(0, 20)));
    const all: string[] = [];
    for (let batch = await lease(100); batch.length > 0; batch = await lease(100)) all.push(...ids(batch));
    expect(all).toHaveLength(581);
    expect(all.indexOf(late.id)).toBeLessThan(200); // as soon as it is among those that compete
  });

  it("gives a job whose lease ran out to another, and lets the first one settle nothing", async () => {
    const { database, work, lease, done } = await openWork();
    await work.enqueue(database, QUEUE, [job()]);
    const [late] = await lease(1, 1);
    const [second] = await vi.waitFor(async () => {
      const leased = await lease();
      expect(leased).toHaveLength(1);
      return leased;
    });
    if (!late || !second) throw new Error("nothing was leased");
    expect(second.attempt).toBe(2);
    expect([await done(late), await done(second)]).toEqual([false, true]);
  });

  it("stores one waiting job for each unique key", async () => {
    const { database, work, lease } = await openWork();
    await work.enqueue(database, QUEUE, [job({ uniqueKey: "a" }), job({ uniqueKey: "a" }), job()]);
    await work.enqueue(database, QUEUE, [job({ uniqueKey: "a" })]);
    await work.enqueue(database, "others", [job({ uniqueKey: "a" })]);
    expect(await work.length(QUEUE)).toBe(2);
    const running = (await lease()).find(({ uniqueKey }) => uniqueKey === "a");
    if (!running) throw new Error("nothing was leased");
    await work.enqueue(database, QUEUE, [job({ uniqueKey: "a" })]);
    expect(await work.length(QUEUE)).toBe(3);
    // The one that runs goes back to waiting, beside the one that has come meanwhile.
    expect(await work.settle(database, QUEUE, running, { retryAtMs: 1 })).toBe(true);
    expect(ids(await lease())).toHaveLength(2);
    await work.enqueue(database, QUEUE, [job({ uniqueKey: "b" })]);
    const [b] = await lease();
    if (!b) throw new Error("nothing was leased");
    await work.settle(database, QUEUE, b, { retryAtMs: 1 });
    await work.enqueue(database, QUEUE, [job({ uniqueKey: "b" })]);
    expect(ids(await lease())).toEqual([b.id]);
  });

  it.runIf(subject.isConcurrent)("does not start a job that an open transaction relies on", async () => {
    const { database, work, lease } = await openWork();
    await work.enqueue(database, QUEUE, [job({ uniqueKey: "a" })]);
    await database.transaction(async (tx) => {
      await work.enqueue(tx, QUEUE, [job({ uniqueKey: "a" })]);
      expect(await lease()).toEqual([]);
    });
    expect(await lease()).toHaveLength(1);
  });

  it("renews a lease that is held, and completes many at once, none that is another's", async () => {
    const { database, work, lease } = await openWork();
    await work.enqueue(database, QUEUE, [job(), job(), job()]);
    const [late, ...rest] = await lease(3, 1);
    if (!late) throw new Error("nothing was leased");
    for (const each of rest) expect(await work.renew?.(QUEUE, each, 60_000)).toBe(true);
    await vi.waitFor(async () => expect(ids(await lease())).toEqual([late.id]));
    expect(await work.renew?.(QUEUE, late, 60_000)).toBe(false);
    await work.complete?.(QUEUE, [late, ...rest]);
    expect(await work.length(QUEUE)).toBe(1);
  });

  it("commits a job's effects and its end together", async () => {
    const { database, work, lease, done } = await openWork();
    await work.enqueue(database, QUEUE, [job()]);
    const [leased] = await lease();
    if (!leased) throw new Error("nothing was leased");
    const failing = database.transaction(async (tx) => {
      expect(await work.settle(tx, QUEUE, leased, "done")).toBe(true);
      throw new Error("no");
    });
    await expect(failing).rejects.toThrow("no");
    expect(await done(leased)).toBe(true);
  });

  it("tells those who watch, once a transaction has committed", async () => {
    const { database, work } = await openWork();
    const told: (string | undefined)[] = [];
    const watching = await work.watch((queue) => told.push(queue));
    const queue = freshName(); // services of one folder hear each other
    await database.transaction(async (tx) => {
      await work.enqueue(tx, queue, [job()]);
      expect(told).not.toContain(queue);
    });
    await vi.waitFor(() => expect(told).toContain(queue));
    await watching.close();
  });

  it("gives each job to one of several workers", async () => {
    const { database, work, lease, done } = await openWork();
    const jobs = Array.from({ length: 300 }, () => job());
    await work.enqueue(database, QUEUE, jobs);
    const ledger: string[] = [];
    const worker = async (): Promise<void> => {
      for (let leased = await lease(); leased.length > 0; leased = await lease()) {
        for (const each of leased) if (await done(each)) ledger.push(each.id);
      }
    };
    await Promise.all([worker(), worker(), worker(), worker()]);
    expect(ledger.toSorted()).toEqual(ids(jobs).toSorted());
  });
});

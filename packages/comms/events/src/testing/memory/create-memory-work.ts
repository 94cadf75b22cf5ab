import { type Clock, systemClock } from "@parley/core";
import type { LeasedJob, NewJob, WorkStore } from "../../store/work-store.ts";
import { runInMemory } from "./create-memory-database.ts";

interface Stored {
  job: NewJob;
  readonly order: number;
  attempt: number;
  dueMs: number;
  /** The fence of who holds it. */
  lease: string | undefined;
}

/** The work queues of a memory database. */
export function createMemoryWork({ clock = systemClock }: { readonly clock?: Clock } = {}): WorkStore {
  const queues = new Map<string, Set<Stored>>();
  const watchers = new Set<(queue: string | undefined) => void>();
  let order = 0;
  let leases = 0;

  const queueOf = (name: string): Set<Stored> => {
    const queue = queues.get(name) ?? new Set();
    queues.set(name, queue);
    return queue;
  };
  const heldBy = (queue: string, { lease }: LeasedJob): Stored | undefined =>
    [...queueOf(queue)].find((stored) => stored.lease === lease);

  return {
    enqueue: (tx, name, jobs) =>
      runInMemory(tx, (scope) =>
        scope.onCommit(() => {
          const queue = queueOf(name);
          for (const job of jobs) {
            const waits = ({ job: { uniqueKey }, lease }: Stored): boolean =>
              lease === undefined && uniqueKey === job.uniqueKey;
            if (job.uniqueKey !== undefined && [...queue].some(waits)) continue;
            queue.add({ job, order: order++, attempt: 0, dueMs: job.notBeforeMs ?? clock.now(), lease: undefined });
          }
          for (const watcher of watchers) watcher(name);
        }),
      ),
    async lease(name, { limit, leaseMs }) {
      return [...queueOf(name)]
        .filter(({ dueMs }) => dueMs <= clock.now())
        .sort((a, b) => b.job.priority - a.job.priority || a.order - b.order)
        .slice(0, limit)
        .map((stored): LeasedJob => {
          stored.attempt += 1;
          stored.dueMs = clock.now() + leaseMs;
          stored.lease = `lease-${leases++}`;
          return { ...stored.job, attempt: stored.attempt, lease: stored.lease };
        });
    },
    settle: (tx, name, job, outcome) =>
      runInMemory(tx, (scope) => {
        const stored = heldBy(name, job);
        if (!stored) return false;
        if (outcome === "done") {
          queueOf(name).delete(stored);
          scope.onRollback(() => void queueOf(name).add(stored));
        } else {
          const before = { job: stored.job, dueMs: stored.dueMs, lease: stored.lease };
          const { retryAtMs, attributes = before.job.attributes } = outcome;
          Object.assign(stored, { job: { ...before.job, attributes }, dueMs: retryAtMs, lease: undefined });
          scope.onRollback(() => void Object.assign(stored, before));
        }
        return true;
      }),
    async renew(name, job, leaseMs) {
      const stored = heldBy(name, job);
      if (stored) stored.dueMs = clock.now() + leaseMs;
      return stored !== undefined;
    },
    async complete(name, jobs) {
      for (const job of jobs) {
        const stored = heldBy(name, job);
        if (stored) queueOf(name).delete(stored);
      }
    },
    length: async (name) =>
      [...queueOf(name)].filter(({ dueMs, lease }) => lease !== undefined || dueMs <= clock.now()).length,
    async watch(onWork) {
      watchers.add(onWork);
      return { close: async () => void watchers.delete(onWork) };
    },
  };
}

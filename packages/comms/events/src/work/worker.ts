import { ParleyError, toParleyError } from "@parley/core";
import { LinkedQueue, neverAborts } from "@parley/core/internal";
import type { CloseOptions } from "@parley/transport";
import type { WorkerOptions } from "../definition/define-queue.ts";
import { createLoop } from "../loop.ts";
import type { EventPolicy } from "../policy.ts";
import { createCompletions } from "./completions.ts";
import { keepLeases, type LeaseKeeper } from "./lease-keeper.ts";
import { type BoundJobHandler, type RunJobParts, runJob, type WorkedQueue } from "./run-job.ts";

/** Works one queue in this process. */
export interface Worker {
  readonly queue: string;
  /** There may be work: look now. */
  wake(): void;
  lag(): Promise<{ readonly count: number; readonly oldestMs?: number | undefined }>;
  /** Leases no more, gives back what has not begun, lets running jobs end; the signal aborts them. */
  drain(options?: CloseOptions): Promise<void>;
}

const DEFAULT_CONCURRENCY = { min: 1, max: 8 };
const DEFAULT_LEASE_MS = 60_000;
/** How fast the number of jobs at once grows while the queue is not empty. */
const GROWTH = 2;
/** Jobs that are handled and whose end is not stored yet: beyond this none is begun. */
const MAX_ENDING = 1_000;

export function startWorker(
  parts: RunJobParts,
  {
    queue,
    policy,
    options,
    effect,
  }: {
    readonly queue: string;
    readonly policy: EventPolicy;
    readonly options: WorkerOptions;
    readonly effect: BoundJobHandler;
  },
): Worker {
  const { work, database, clock, random, logger, settings } = parts;
  const { concurrency: { min, max } = DEFAULT_CONCURRENCY, prefetch, leaseMs = DEFAULT_LEASE_MS } = options;
  const completions = createCompletions({ queue, work, database, logger });
  const worked: WorkedQueue = { name: queue, policy, effect, completions };
  const running = new LinkedQueue<{ readonly lease: LeaseKeeper; readonly run: Promise<void> }>();
  /** Jobs with a handler at work; those that are only ending have left their place to the next. */
  let busy = 0;
  let fetched: LeaseKeeper[] = [];
  let target = min;
  let mayHoldMore = false;
  let isDraining = false;

  async function turn(): Promise<number> {
    // What was fetched and finds no place says as much as a full answer does: more is there than is worked.
    if (fetched.length > 0) grow();
    const limit = target + (prefetch ?? target) - busy - fetched.length;
    if (limit <= 0 || running.length >= target + MAX_ENDING) return settings.workPollMs;
    // A stop does not cancel it: jobs of an answer that nobody heard would lie until their leases run out.
    const jobs = await work.lease(queue, { limit, leaseMs, signal: neverAborts });
    mayHoldMore = jobs.length === limit;
    for (const lease of keepLeases({ queue, work, clock, leaseMs }, jobs)) fetched.push(lease);
    if (mayHoldMore) grow();
    else target = Math.max(min, Math.min(target, busy + fetched.length));
    startFetched();
    return mayHoldMore || (fetched.length > 0 && target < max) ? 0 : settings.workPollMs;
  }

  function grow(): void {
    target = Math.min(max, target * GROWTH);
    startFetched();
  }

  function startFetched(): void {
    while (!isDraining && busy < target && running.length < target + MAX_ENDING) {
      const lease = fetched.shift();
      if (!lease) return;
      if (lease.lost.aborted) continue;
      busy += 1;
      let isHandled = false;
      const onHandled = (): void => {
        if (isHandled) return;
        isHandled = true;
        busy -= 1;
        startFetched();
        askForMore();
      };
      const run = runJob(parts, worked, lease, onHandled).finally(() => {
        lease.release();
        place.remove();
        onHandled();
        startFetched();
        askForMore();
      });
      const place = running.push({ lease, run });
    }
  }

  /** A large batch costs hardly more than one job: the next is fetched when half of what was ahead is used. */
  function askForMore(): void {
    if (mayHoldMore && fetched.length <= (prefetch ?? target) / 2) loop.wake();
  }

  async function releaseBuffer(): Promise<void> {
    const unstarted = fetched;
    fetched = [];
    for (const lease of unstarted) lease.release();
    if (unstarted.length === 0) return;
    try {
      await database.transaction(async (tx) => {
        for (const { job } of unstarted) await work.settle(tx, queue, job, { retryAtMs: clock.now() });
      });
    } catch (thrown) {
      const { code, message } = toParleyError(thrown);
      logger.warn(
        { queue, jobs: unstarted.length, code, error: message },
        "jobs cannot be given back: their leases run out",
      );
    }
  }

  const loop = createLoop({ name: `the worker of ${queue}`, clock, random, logger, turn });
  return {
    queue,
    wake: () => loop.wake(),
    lag: async () => (work.lag ? await work.lag(queue) : { count: await work.length(queue) }),
    async drain({ signal } = {}) {
      isDraining = true;
      await loop.stop();
      await releaseBuffer();
      const abort = (): void => {
        const reason = new ParleyError("CANCELLED", `the worker of ${queue} was stopped`);
        for (const { lease } of running.all()) lease.lost.abort(reason);
      };
      if (signal?.aborted) abort();
      signal?.addEventListener("abort", abort, { once: true });
      await Promise.all(running.all().map(({ run }) => run));
      signal?.removeEventListener("abort", abort);
    },
  };
}

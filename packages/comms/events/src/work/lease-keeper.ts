import { type Clock, ParleyError, type Timer } from "@parley/core";
import { LazyAbort } from "@parley/core/internal";
import type { LeasedJob, WorkStore } from "../store/work-store.ts";

/** Holds a job's lease while its handler runs. */
export interface LeaseKeeper {
  readonly job: LeasedJob;
  /** Aborts when the lease is lost, or the worker is stopped by force. */
  readonly lost: LazyAbort;
  release(): void;
}

/** A lease is renewed after this share of it: two renewals may fail before it is lost. */
const RENEW_SHARE = 1 / 3;
/** Of a lease that cannot be renewed, what a handler may use: the rest is for its commit. */
const USABLE_SHARE = 0.9;

/** Holds the leases of jobs that were given together, each until its own release. They share one timer. */
export function keepLeases(
  { queue, work, clock, leaseMs }: { queue: string; work: WorkStore; clock: Clock; leaseMs: number },
  jobs: readonly LeasedJob[],
): LeaseKeeper[] {
  const held = new Set<Lease>();
  let timer: Timer | undefined;

  const lose = ({ job, lost }: Lease): void => {
    const message = `job ${job.id} of ${queue} was given to another worker: it took longer than its lease`;
    lost.abort(new ParleyError("ABORTED", message));
  };

  const renew = async (lease: Lease): Promise<void> => {
    if (lease.lost.aborted) return; // by force: whoever comes next may have it when it runs out
    const untilMs = clock.now() + leaseMs;
    // Of one that cannot be asked for, the next try or the end of the lease decides.
    const isHeld = await work.renew?.(queue, lease.job, leaseMs).catch(() => undefined);
    if (isHeld) lease.heldUntilMs = untilMs;
    if (!held.has(lease) || lease.lost.aborted) return;
    if (isHeld !== false && clock.now() < lease.heldUntilMs) return;
    held.delete(lease);
    lose(lease);
  };

  const renewAll = async (): Promise<void> => {
    await Promise.all([...held].map(renew));
    arm();
  };

  const arm = (): void => {
    if (held.size > 0) timer = clock.setTimer(leaseMs * RENEW_SHARE, () => void renewAll());
  };

  const leases = jobs.map((job): Lease => {
    const lease: Lease = {
      job,
      lost: new LazyAbort(),
      heldUntilMs: clock.now() + leaseMs,
      release() {
        if (held.delete(lease) && held.size === 0) timer?.cancel();
      },
    };
    held.add(lease);
    return lease;
  });
  if (work.renew) arm();
  else if (held.size > 0) timer = clock.setTimer(leaseMs * USABLE_SHARE, () => [...held].forEach(lose));
  return leases;
}

interface Lease extends LeaseKeeper {
  heldUntilMs: number;
}

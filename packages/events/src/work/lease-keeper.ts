import { type Clock, ParleyError, type Timer } from "@parley/core";
import type { LeasedJob, WorkStore } from "../store/work-store.ts";

/** Holds a job's lease while its handler runs. */
export interface LeaseKeeper {
  /** Aborts when the lease is lost, or the worker is stopped by force. */
  readonly signal: AbortSignal;
  abort(reason: unknown): void;
  release(): void;
}

/** A lease is renewed after this share of it: two renewals may fail before it is lost. */
const RENEW_SHARE = 1 / 3;
/** Of a lease that cannot be renewed, what a handler may use: the rest is for its commit. */
const USABLE_SHARE = 0.9;

export function keepLease(
  { queue, work, clock, leaseMs }: { queue: string; work: WorkStore; clock: Clock; leaseMs: number },
  job: LeasedJob,
): LeaseKeeper {
  const controller = new AbortController();
  let heldUntilMs = clock.now() + leaseMs;
  let timer: Timer;

  const lose = (): void => {
    const message = `job ${job.id} of ${queue} was given to another worker: it took longer than its lease`;
    controller.abort(new ParleyError("ABORTED", message));
  };
  const renew = async (): Promise<void> => {
    const untilMs = clock.now() + leaseMs;
    // Of one that cannot be asked for, the next try or the end of the lease decides.
    const held = await work.renew?.(queue, job, leaseMs).catch(() => undefined);
    if (controller.signal.aborted || isReleased) return;
    if (held) heldUntilMs = untilMs;
    if (held === false || clock.now() >= heldUntilMs) lose();
    else timer = clock.setTimer(leaseMs * RENEW_SHARE, () => void renew());
  };
  let isReleased = false;
  timer = work.renew
    ? clock.setTimer(leaseMs * RENEW_SHARE, () => void renew())
    : clock.setTimer(leaseMs * USABLE_SHARE, lose);

  return {
    signal: controller.signal,
    abort: (reason) => controller.abort(reason),
    release() {
      isReleased = true;
      timer.cancel();
    },
  };
}

/** A work queue on a server that is already there. Jobs carry a number and some text, and do nothing. */
export interface WorkPeer {
  /** Stores so many jobs, in batches of {@link ENQUEUE_BATCH}. */
  enqueue(count: number): Promise<void>;
  /** Works what is stored, {@link CONCURRENCY} jobs at once. @returns what stops the workers. */
  work(onJob: () => void): Promise<() => Promise<void>>;
  close(): Promise<void>;
}

export const ENQUEUE_BATCH = 500;
/** Jobs at once: what graphile-worker's own measurements use on a machine of a few cores. */
export const CONCURRENCY = 10;
/** Jobs that a peer may fetch ahead where it can. */
export const PREFETCH = 500;

export const SAMPLE = { report: 1, text: "compare these submissions and store what they share".repeat(2) };

/** Calls `store` with batches that come to `count`. */
export async function inBatches(count: number, store: (size: number) => Promise<unknown>): Promise<void> {
  for (let left = count; left > 0; left -= ENQUEUE_BATCH) await store(Math.min(left, ENQUEUE_BATCH));
}

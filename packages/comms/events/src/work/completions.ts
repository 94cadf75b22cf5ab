import { type Database, type Logger, toParleyError } from "@parley/core";
import type { LeasedJob, WorkStore } from "../store/work-store.ts";

/** Completes jobs whose handlers wrote nothing: those that end while one statement runs share the next. */
export interface Completions {
  /** Resolves when the job is off the queue. If that fails it stays, and comes again when its lease has run out. */
  add(job: LeasedJob): Promise<void>;
}

const MAX_TOGETHER = 500;

export function createCompletions(options: {
  readonly queue: string;
  readonly work: WorkStore;
  readonly database: Database;
  readonly logger: Logger;
}): Completions {
  const { queue, work, database, logger } = options;
  let waiting: { readonly job: LeasedJob; readonly resolve: () => void }[] = [];
  let isFlushing = false;

  async function flush(): Promise<void> {
    isFlushing = true;
    while (waiting.length > 0) {
      const batch = waiting.slice(0, MAX_TOGETHER);
      waiting = waiting.slice(MAX_TOGETHER);
      const jobs = batch.map(({ job }) => job);
      try {
        if (work.complete) await work.complete(queue, jobs);
        else await database.transaction(async (tx) => void (await settleAll(tx, jobs)));
      } catch (thrown) {
        const { code, message } = toParleyError(thrown);
        logger.warn(
          { queue, jobs: jobs.length, code, error: message },
          "jobs are done but stay on the queue: they come again",
        );
      }
      for (const { resolve } of batch) resolve();
    }
    isFlushing = false;
  }

  const settleAll = async (tx: Parameters<WorkStore["settle"]>[0], jobs: readonly LeasedJob[]): Promise<void> => {
    for (const job of jobs) await work.settle(tx, queue, job, "done");
  };

  return {
    add: (job) =>
      new Promise((resolve) => {
        waiting.push({ job, resolve });
        if (!isFlushing) void flush();
      }),
  };
}

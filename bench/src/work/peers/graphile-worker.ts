import { Logger, makeWorkerUtils, run } from "graphile-worker";
import { CONCURRENCY, inBatches, PREFETCH, SAMPLE, type WorkPeer } from "../peer.ts";

/** As its page on performance says for throughput: a local queue, and completions in batches. */
export async function connect(connectionString: string): Promise<WorkPeer> {
  const { default: pg } = await import("pg");
  const pgPool = new pg.Pool({ connectionString, max: CONCURRENCY + 2 });
  pgPool.on("error", () => {});
  pgPool.on("connect", (client) => client.on("error", () => {}));
  // A line per job is no work of a queue.
  const logger = new Logger(() => () => {});
  const utils = await makeWorkerUtils({ pgPool, logger });
  await utils.migrate();
  return {
    enqueue: (count) =>
      inBatches(count, (size) =>
        utils.addJobs(Array.from({ length: size }, () => ({ identifier: "job", payload: SAMPLE }))),
      ),
    async work(onJob) {
      const runner = await run({
        preset: { worker: { localQueue: { size: PREFETCH }, completeJobBatchDelay: 0, failJobBatchDelay: 0 } },
        pgPool,
        logger,
        concurrency: CONCURRENCY,
        noHandleSignals: true,
        taskList: { job: async () => onJob() },
      });
      return () => runner.stop();
    },
    async close() {
      await utils.release();
      await pgPool.end();
    },
  };
}

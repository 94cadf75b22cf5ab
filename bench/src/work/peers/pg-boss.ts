import { PgBoss } from "pg-boss";
import { CONCURRENCY, inBatches, SAMPLE, type WorkPeer } from "../peer.ts";

const QUEUE = "jobs";
/** Each of its workers fetches a batch, works it and completes it at once. */
const BATCH = 50;

export async function connect(connectionString: string): Promise<WorkPeer> {
  const boss = new PgBoss({ connectionString, max: CONCURRENCY + 2, supervise: false, schedule: false });
  boss.on("error", (error) => process.stderr.write(`pg-boss: ${String(error)}\n`));
  await boss.start();
  await boss.createQueue(QUEUE);
  return {
    enqueue: (count) =>
      inBatches(count, (size) =>
        boss.insert(
          QUEUE,
          Array.from({ length: size }, () => ({ data: SAMPLE })),
        ),
      ),
    async work(onJob) {
      await boss.work(
        QUEUE,
        { batchSize: BATCH, burstWhenBatchFull: true, localConcurrency: CONCURRENCY, pollingIntervalSeconds: 0.5 },
        async (jobs) => {
          for (const _job of jobs) onJob();
        },
      );
      return () => boss.offWork(QUEUE, { wait: true });
    },
    close: () => boss.stop({ graceful: false }),
  };
}

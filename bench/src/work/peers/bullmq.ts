import { Queue, Worker } from "bullmq";
import { Redis } from "ioredis";
import { CONCURRENCY, inBatches, SAMPLE, type WorkPeer } from "../peer.ts";

const QUEUE = "parley-bench-work";

export async function connect(url: string): Promise<WorkPeer> {
  const connection = new Redis(url, { maxRetriesPerRequest: null });
  const queue = new Queue(QUEUE, { connection, defaultJobOptions: { removeOnComplete: true } });
  await queue.obliterate({ force: true });
  return {
    enqueue: (count) =>
      inBatches(count, (size) => queue.addBulk(Array.from({ length: size }, () => ({ name: "job", data: SAMPLE })))),
    async work(onJob) {
      const worker = new Worker(QUEUE, async () => onJob(), { connection, concurrency: CONCURRENCY });
      worker.on("error", (error) => process.stderr.write(`bullmq: ${String(error)}\n`));
      await worker.waitUntilReady();
      return () => worker.close();
    },
    async close() {
      await queue.obliterate({ force: true });
      await queue.close();
      connection.disconnect();
    },
  };
}

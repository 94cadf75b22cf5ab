import { createEventBus, defineQueue } from "@parley/events";
import {
  createDeadLetterStore,
  createInboxStore,
  createWorkStore,
  migrateEventStores,
  openDatabase,
} from "@parley/postgres";
import { createMemoryTransport } from "@parley/transport/testing";
import { ReportSchema } from "../../../gen/bench/v1/bench_pb.ts";
import { CONCURRENCY, inBatches, PREFETCH, SAMPLE, type WorkPeer } from "../peer.ts";

const reports = defineQueue({ name: "reports", schema: ReportSchema });

/** A queue as a service has it: each job validated, given its context, and its end settled with the others'. */
export async function connect(url: string): Promise<WorkPeer> {
  const database = await openDatabase({ url });
  await migrateEventStores(database);
  const openBus = () =>
    createEventBus({
      service: "bench",
      transport: createMemoryTransport(),
      database,
      inbox: createInboxStore(database),
      deadLetters: createDeadLetterStore(database),
      work: createWorkStore(database),
    });
  const producer = openBus();
  return {
    enqueue: (count) =>
      inBatches(count, (size) =>
        database.transaction(async (tx) => {
          await Promise.all(Array.from({ length: size }, () => producer.enqueue(tx, reports, SAMPLE)));
        }),
      ),
    async work(onJob) {
      const bus = openBus();
      bus.work(reports, async () => onJob(), {
        concurrency: { min: CONCURRENCY, max: CONCURRENCY },
        prefetch: PREFETCH,
      });
      await bus.start();
      return () => bus.drain();
    },
    close: () => database.close(),
  };
}

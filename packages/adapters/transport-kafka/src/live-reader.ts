import { settleWithin } from "@parley/core/internal";
import { Consumer as KafkaConsumer } from "@platformatic/kafka";
import { createFetcher } from "./fetcher.ts";
import type { Reader, ReaderSettings } from "./group-reader.ts";
import { createPartitionLine, type PartitionLine } from "./partition-line.ts";
import { partitionsOf, startOffsets } from "./start-offsets.ts";

const CLOSE_LIMIT_MS = 5_000;

/**
 * Reads every partition for a consumer that is a group of its own: Kafka knows nothing of it, and its place is kept here
 * as long as it lives.
 */
export async function createLiveReader(settings: ReaderSettings): Promise<Reader> {
  const { client, subscription, executor, handler, clock, logger, onConnection } = settings;
  const { topics, from, onMissed } = subscription;
  const reading = new KafkaConsumer({ ...client, groupId: `${client.clientId}-live`, autocreateTopics: false });
  reading.topics.trackAll(...topics);
  const partitions = await partitionsOf(reading, topics);
  const places = await startOffsets(reading, partitions, from);
  const lines: PartitionLine[] = [];
  const onProgress = (): void => fetcher.wake();
  for (const { topic, partition, offset } of places) {
    const common = { topic, partition, startOffset: offset, subscription, executor, handler, clock };
    lines.push(createPartitionLine({ ...common, onProgress, isLive: true }));
  }
  const fetcher = createFetcher({
    client: reading,
    topics,
    lines,
    clock,
    logger,
    onConnection,
    onGap(line, earliest) {
      onMissed?.(`${line.topic}/${line.partition}: retention has removed what came next`);
      line.moveTo(earliest);
    },
  });

  return {
    async lag() {
      const ends = await startOffsets(reading, partitions, "latest");
      return ends.reduce((sum, { topic, partition, offset }) => {
        const line = lines.find((each) => each.topic === topic && each.partition === partition);
        return sum + Number(offset - (line?.doneOffset ?? offset));
      }, 0);
    },
    stopIntake() {
      fetcher.stop();
      for (const line of lines) void line.release();
    },
    abort() {
      fetcher.stop();
      for (const line of lines) line.abort();
    },
    async leave() {
      await settleWithin(reading.close(true), CLOSE_LIMIT_MS, clock);
    },
  };
}

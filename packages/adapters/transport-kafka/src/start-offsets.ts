import type { StartPosition } from "@parley/transport";
import type { Consumer as KafkaConsumer } from "@platformatic/kafka";

/** One partition of a topic. */
export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

export interface Place extends TopicPartition {
  readonly offset: bigint;
}

/** What ListOffsets takes instead of a time. */
const LATEST = -1n;
const EARLIEST = -2n;

/** Where a group begins in partitions that it has no place in yet. */
export async function startOffsets(
  client: KafkaConsumer,
  partitions: readonly TopicPartition[],
  from: StartPosition,
): Promise<Place[]> {
  if (partitions.length === 0) return [];
  const asked = await offsetsAt(client, partitions, from);
  const unknown = asked.filter(({ offset }) => offset < 0n);
  if (unknown.length === 0) return asked;
  // No event is as young as the time asked for: the group begins at the next one.
  const ends = await offsetsAt(client, unknown, "latest");
  return [...asked.filter(({ offset }) => offset >= 0n), ...ends];
}

async function offsetsAt(
  client: KafkaConsumer,
  partitions: readonly TopicPartition[],
  from: StartPosition,
): Promise<Place[]> {
  const timestamp = from === "earliest" ? EARLIEST : from === "latest" ? LATEST : BigInt(Math.floor(from.sinceMs));
  const byTopic = Map.groupBy(partitions, ({ topic }) => topic);
  const offsets = await client.listOffsets({
    topics: [...byTopic.keys()],
    partitions: Object.fromEntries([...byTopic].map(([topic, its]) => [topic, its.map(({ partition }) => partition)])),
    timestamp,
  });
  return partitions.map(({ topic, partition }) => ({
    topic,
    partition,
    offset: offsets.get(topic)?.[partition] ?? -1n,
  }));
}

/** All partitions of some topics. */
export async function partitionsOf(client: KafkaConsumer, topics: readonly string[]): Promise<TopicPartition[]> {
  const metadata = await client.metadata({ topics: [...topics] });
  return topics.flatMap((topic) =>
    Array.from({ length: metadata.topics.get(topic)?.partitionsCount ?? 0 }, (_, partition) => ({ topic, partition })),
  );
}

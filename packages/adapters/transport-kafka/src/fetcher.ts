import { type Clock, type Logger, sleep } from "@parley/core";
import type { ConnectionState } from "@parley/transport";
import type { fetchV17, Consumer as KafkaConsumer } from "@platformatic/kafka";
import type { Fetched } from "./envelope-headers.ts";
import { isKafkaError, toKafkaError } from "./errors.ts";
import type { PartitionLine } from "./partition-line.ts";

export interface FetcherSettings {
  readonly client: KafkaConsumer;
  readonly topics: readonly string[];
  readonly lines: readonly PartitionLine[];
  readonly clock: Clock;
  readonly logger: Logger;
  readonly onConnection: (state: ConnectionState) => void;
  /** Retention has removed what a line would read next. */
  readonly onGap: (line: PartitionLine, earliest: bigint) => void;
}

export interface Fetcher {
  /** There may be room again. */
  wake(): void;
  stop(): void;
}

/** How long the broker waits for news; a stop waits as long. */
const LONG_POLL_MS = 500;
/**
 * A partition without room is left out of the request, and must not wait long for the next one. Twice as long after each
 * request that brings nothing, so that a handler that is stuck does not make us ask for ever.
 */
const SHORT_POLL_MS = 10;
const PARTITION_BYTES = 256 * 1_024;
const RETRY_MS = 500;
const CONTROL_BATCH = 0b100000;

/** Fetches for the partitions that have room, from each broker what it leads. */
export function createFetcher(settings: FetcherSettings): Fetcher {
  const { client, topics, lines, clock, logger, onConnection, onGap } = settings;
  const stopping = new AbortController();
  let wakeUp: (() => void) | undefined;
  let shortPollMs = SHORT_POLL_MS;
  void run();

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      const open = lines.filter(({ hasRoom }) => hasRoom);
      if (open.length === 0) {
        await new Promise<void>((resolve) => {
          wakeUp = resolve;
        });
        continue;
      }
      try {
        const isPartial = open.length < lines.length;
        const before = totalOffset(open);
        await fetchOnce(open, isPartial ? shortPollMs : LONG_POLL_MS);
        onConnection("connected");
        if (totalOffset(open) === before) shortPollMs = Math.min(shortPollMs * 2, LONG_POLL_MS);
      } catch (error) {
        if (stopping.signal.aborted) return;
        await recover(error, open).catch((problem: unknown) => tell(problem));
      }
    }
  }

  async function fetchOnce(open: readonly PartitionLine[], maxWaitTime: number): Promise<void> {
    const metadata = await client.metadata({ topics: [...topics] });
    const byLeader = Map.groupBy(
      open,
      ({ topic, partition }) => metadata.topics.get(topic)?.partitions[partition]?.leader,
    );
    const requests = [...byLeader].map(async ([node, mine]) => {
      if (node === undefined || node < 0) throw new Error(`no leader for ${mine[0]?.topic}/${mine[0]?.partition}`);
      const byTopic = Map.groupBy(mine, ({ topic }) => topic);
      const response = await client.fetch({
        node,
        maxWaitTime,
        minBytes: 1,
        maxBytes: PARTITION_BYTES * mine.length,
        topics: [...byTopic].map(([topic, its]) => ({
          topicId: metadata.topics.get(topic)?.id ?? "",
          partitions: its.map(({ partition, fetchOffset }) => ({
            partition,
            fetchOffset,
            currentLeaderEpoch: -1,
            lastFetchedEpoch: -1,
            partitionMaxBytes: PARTITION_BYTES,
          })),
        })),
      });
      for (const { topicId, partitions } of response.responses) {
        const [topic] = [...metadata.topics].find(([, { id }]) => id === topicId) ?? [];
        for (const answer of partitions) {
          const line = mine.find((each) => each.topic === topic && each.partition === answer.partitionIndex);
          if (line && !stopping.signal.aborted) take(line, answer);
        }
      }
    });
    await Promise.all(requests);
  }

  async function recover(error: unknown, open: readonly PartitionLine[]): Promise<void> {
    if (isKafkaError(error, "OFFSET_OUT_OF_RANGE")) {
      const earliest = await client.listOffsets({ topics: [...topics], timestamp: -2n });
      for (const line of open) {
        const first = earliest.get(line.topic)?.[line.partition];
        if (first !== undefined && first > line.fetchOffset) onGap(line, first);
      }
      return;
    }
    tell(error);
    client.clearMetadata();
    await sleep(RETRY_MS, { clock, signal: stopping.signal }).catch(() => {});
  }

  function tell(error: unknown): void {
    const problem = toKafkaError(error, `cannot fetch from ${topics.join(", ")}`);
    if (problem.code === "UNAVAILABLE") onConnection("away");
    logger.warn({ transport: "kafka", topics, error: problem }, problem.message);
  }

  function stop(): void {
    stopping.abort();
    wakeUp?.();
  }

  return {
    wake() {
      shortPollMs = SHORT_POLL_MS;
      wakeUp?.();
    },
    stop,
  };
}

/** Grows when anything is fetched. */
function totalOffset(lines: readonly PartitionLine[]): bigint {
  return lines.reduce((sum, { fetchOffset }) => sum + fetchOffset, 0n);
}

function take(line: PartitionLine, { records }: fetchV17.FetchResponsePartition): void {
  const fetched: Fetched[] = [];
  let next = line.fetchOffset;
  for (const batch of records ?? []) {
    const end = batch.firstOffset + BigInt(batch.lastOffsetDelta) + 1n;
    if (end > next) next = end;
    if (batch.attributes & CONTROL_BATCH) continue;
    for (const record of batch.records) {
      fetched.push({
        topic: line.topic,
        partition: line.partition,
        offset: batch.firstOffset + BigInt(record.offsetDelta),
        timestampMs: Number(batch.firstTimestamp + record.timestampDelta),
        record,
      });
    }
  }
  if (next > line.fetchOffset) line.add(fetched, next);
}

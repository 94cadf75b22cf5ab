import { type Clock, type Logger, ParleyError, sleep } from "@parley/core";
import type { TopicSpec } from "@parley/transport";
import type { Admin } from "@platformatic/kafka";
import { HEADER_ROOM_BYTES, LEAST_MAX_BATCH_BYTES } from "./capabilities.ts";
import { isKafkaError } from "./errors.ts";

/** How many members of a group can share a topic whose keys stay in order. */
const PARTITIONS = 8;
const CLUSTER_REPLICAS = 3;
/** The log is also the queue of every group: a group that is down for a night loses nothing. */
const LEAST_RETENTION_MS = 24 * 60 * 60_000;
const VISIBLE_WITHIN_MS = 15_000;
const LOOK_AGAIN_MS = 50;

/** Makes the topics that are missing, and waits until the brokers tell of them. */
export async function ensureTopics(
  admin: Admin,
  specs: readonly TopicSpec[],
  { clock, logger }: { readonly clock: Clock; readonly logger: Logger },
): Promise<void> {
  if (specs.length === 0) return;
  const existing = new Set(await admin.listTopics());
  const { brokers } = await admin.metadata({ topics: [] });
  const replicas = brokers.size >= CLUSTER_REPLICAS ? CLUSTER_REPLICAS : 1;
  for (const spec of specs.filter(({ name }) => !existing.has(name))) {
    try {
      await admin.createTopics({
        topics: [spec.name],
        // One partition is the one way to an order of all its events.
        partitions: spec.ordering === "topic" ? 1 : PARTITIONS,
        replicas,
        configs: Object.entries(settingsOf(spec, replicas)).map(([name, value]) => ({ name, value })),
      });
    } catch (error) {
      // Another process was faster.
      if (!isKafkaError(error, "TOPIC_ALREADY_EXISTS")) throw error;
    }
  }
  await untilVisible(admin, specs, clock);
  warnOfPartitions(admin, specs, logger);
}

function settingsOf(spec: TopicSpec, replicas: number): Record<string, string> {
  return {
    "cleanup.policy": "delete",
    "retention.ms": String(Math.max(spec.retentionMs, LEAST_RETENTION_MS)),
    "max.message.bytes": String(Math.max(LEAST_MAX_BATCH_BYTES, spec.maxDataBytes + HEADER_ROOM_BYTES)),
    "min.insync.replicas": replicas > 1 ? "2" : "1",
  };
}

async function untilVisible(admin: Admin, specs: readonly TopicSpec[], clock: Clock): Promise<void> {
  const topics = specs.map(({ name }) => name);
  const giveUpAtMs = clock.now() + VISIBLE_WITHIN_MS;
  for (;;) {
    const seen = await admin.metadata({ topics, forceUpdate: true }).then(
      (metadata) => topics.every((name) => metadata.topics.get(name)?.partitions.every(({ leader }) => leader >= 0)),
      (error: unknown) => {
        if (clock.now() > giveUpAtMs) throw error;
        return false;
      },
    );
    if (seen) return;
    if (clock.now() > giveUpAtMs) {
      throw new ParleyError(
        "UNAVAILABLE",
        `Kafka has no leader for ${topics.join(", ")} after ${VISIBLE_WITHIN_MS} ms`,
      );
    }
    await sleep(LOOK_AGAIN_MS, { clock });
  }
}

function warnOfPartitions(admin: Admin, specs: readonly TopicSpec[], logger: Logger): void {
  for (const { name, ordering } of specs) {
    const count = admin.currentMetadata?.topics.get(name)?.partitionsCount ?? 1;
    if (ordering !== "topic" || count === 1) continue;
    logger.warn(
      { transport: "kafka", topic: name, partitions: count },
      `topic ${name} shall keep the order of all its events but has ${count} partitions: make it anew with one`,
    );
  }
}

import type { Logger } from "@parley/core";
import type { TopicSpec } from "@parley/transport";
import { type Admin, ConfigResourceTypes } from "@platformatic/kafka";

/**
 * Warns by name of what makes an acknowledged event less than safe. Our producer always waits for all replicas in sync
 * (`acks=all`); what that is worth, the topic says. Kafka leaves syncing to the system, so one replica means that a power
 * cut loses the latest events.
 */
export async function checkDurability(admin: Admin, specs: readonly TopicSpec[], logger: Logger): Promise<void> {
  if (specs.length === 0) return;
  const topics = specs.map(({ name }) => name);
  const metadata = await admin.metadata({ topics });
  const settings = await settingsOf(admin, topics);
  for (const topic of topics) {
    const replicas = Math.min(...(metadata.topics.get(topic)?.partitions.map((each) => each.replicas.length) ?? [1]));
    const inSync = Number(settings.get(topic)?.get("min.insync.replicas") ?? "1");
    if (replicas < 2) {
      warn(logger, "replication", topic, `has one replica: losing that broker loses its events; make it with three`);
    } else if (inSync < 2) {
      warn(logger, "min.insync.replicas", topic, `counts an event as safe on one broker: set min.insync.replicas to 2`);
    }
    if (settings.get(topic)?.get("unclean.leader.election.enable") === "true") {
      const what = "may choose a leader that lacks acknowledged events: set unclean.leader.election.enable to false";
      warn(logger, "unclean.leader.election.enable", topic, what);
    }
  }
}

async function settingsOf(admin: Admin, topics: readonly string[]): Promise<Map<string, Map<string, string | null>>> {
  const described = await admin.describeConfigs({
    resources: topics.map((resourceName) => ({
      resourceType: ConfigResourceTypes.TOPIC,
      resourceName,
      configurationKeys: ["min.insync.replicas", "unclean.leader.election.enable"],
    })),
  });
  return new Map(
    described.map(({ resourceName, configs }) => [
      resourceName,
      new Map(configs.map(({ name, value }) => [name, value ?? null])),
    ]),
  );
}

function warn(logger: Logger, durability: string, topic: string, what: string): void {
  logger.warn({ transport: "kafka", durability, topic }, `topic ${topic} ${what}`);
}

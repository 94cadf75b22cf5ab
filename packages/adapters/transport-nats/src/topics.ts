import {
  DiscardPolicy,
  type JetStreamManager,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
  type StreamInfo,
} from "@nats-io/jetstream";
import { nanos } from "@nats-io/transport-node";
import { type Logger, ParleyError } from "@parley/core";
import type { TopicSpec } from "@parley/transport";
import { toNatsError } from "./errors.ts";
import { brokerName } from "./names.ts";

/** The streams that hold the topics, by topic. */
export interface Topics {
  /** @throws ParleyError FAILED_PRECONDITION when no stream holds the topic and no spec says how to make one. */
  streamOf(topic: string): Promise<string>;
  specOf(topic: string): TopicSpec | undefined;
  /** Forgets where a topic was, because its stream is gone. */
  forget(topic: string): void;
}

/**
 * The log is also the queue of every group, so an event without retention is still kept this long: a group that is down
 * for a night loses nothing.
 */
const LEAST_RETENTION_MS = 24 * 60 * 60_000;
/** Attributes and trace context stand in the message beside its data. */
const HEADER_ROOM_BYTES = 16 * 1_024;
/** The server's own default; a repeat within it is not stored twice. */
const DUPLICATE_WINDOW_MS = 2 * 60_000;
/** In a cluster: survives the loss of one server. */
const CLUSTER_REPLICAS = 3;

export interface TopicsSettings {
  readonly manager: JetStreamManager;
  readonly specs: readonly TopicSpec[];
  readonly isCluster: boolean;
  readonly logger: Logger;
}

export function createTopics({ manager, specs, isCluster, logger }: TopicsSettings): Topics {
  const specByName = new Map(specs.map((spec) => [spec.name, spec]));
  const found = new Map<string, Promise<string>>();

  async function find(topic: string): Promise<string> {
    const spec = specByName.get(topic);
    const info = (await streamHolding(manager, topic)) ?? (spec && (await makeStream(manager, spec, isCluster)));
    if (!info) {
      throw new ParleyError("FAILED_PRECONDITION", `no stream of NATS holds "${topic}": name it among the topics`);
    }
    if (spec) warnOfDifference(info, spec, logger);
    return info.config.name;
  }

  return {
    specOf: (topic) => specByName.get(topic),
    forget: (topic) => void found.delete(topic),
    async streamOf(topic) {
      const finding = found.get(topic) ?? find(topic);
      found.set(topic, finding);
      try {
        return await finding;
      } catch (error) {
        found.delete(topic);
        throw toNatsError(error, `cannot find or make the stream of "${topic}"`);
      }
    },
  };
}

/** An operator may have made one with wildcards; two streams may not hold one subject. */
async function streamHolding(manager: JetStreamManager, topic: string): Promise<StreamInfo | undefined> {
  const [name] = await manager.streams.names(topic).next();
  return name === undefined ? undefined : await manager.streams.info(name);
}

async function makeStream(manager: JetStreamManager, spec: TopicSpec, isCluster: boolean): Promise<StreamInfo> {
  const config = { ...streamConfig(spec), num_replicas: isCluster ? CLUSTER_REPLICAS : 1 };
  try {
    return await manager.streams.add(config);
  } catch (error) {
    // Another process makes the same stream at the same moment, perhaps from an older spec.
    const made = await streamHolding(manager, spec.name);
    if (made) return made;
    throw error;
  }
}

function streamConfig(spec: TopicSpec): Pick<StreamConfig, "name"> & Partial<StreamConfig> {
  return {
    name: brokerName(spec.name),
    subjects: [spec.name],
    description: `events of ${spec.name}`,
    retention: RetentionPolicy.Limits,
    storage: StorageType.File,
    max_age: nanos(Math.max(spec.retentionMs, LEAST_RETENTION_MS)),
    max_msg_size: spec.maxDataBytes + HEADER_ROOM_BYTES,
    duplicate_window: nanos(DUPLICATE_WINDOW_MS),
    // A full stream refuses what is new, so that the publisher keeps it, instead of dropping what a group has yet to read.
    discard: DiscardPolicy.New,
  };
}

function warnOfDifference({ config }: StreamInfo, spec: TopicSpec, logger: Logger): void {
  const wanted = streamConfig(spec);
  for (const setting of ["retention", "max_age", "discard", "storage"] as const) {
    if (config[setting] === wanted[setting]) continue;
    const values = { is: config[setting], wanted: wanted[setting] };
    logger.warn(
      { transport: "nats", stream: config.name, setting, ...values },
      `stream ${config.name} has ${setting} ${values.is}, not ${values.wanted}; change it with "nats stream edit"`,
    );
  }
  if (config.max_msg_size !== -1 && config.max_msg_size < (wanted.max_msg_size ?? 0)) {
    logger.warn(
      { transport: "nats", stream: config.name, setting: "max_msg_size", is: config.max_msg_size },
      `stream ${config.name} takes messages up to ${config.max_msg_size} bytes, ${spec.name} may have ${wanted.max_msg_size}`,
    );
  }
}

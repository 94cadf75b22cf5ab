import { ParleyError, settleWithin, silentLogger, systemClock } from "@parley/core";
import {
  assertDataSize,
  assertSubscription,
  type ConnectTransport,
  type Consumer,
  type EventTransport,
  tellChanges,
} from "@parley/events";
import { Admin } from "@platformatic/kafka";
import { checkApiVersions } from "./api-versions.ts";
import { KAFKA_CAPABILITIES } from "./capabilities.ts";
import { parseBrokers } from "./client-options.ts";
import { consume } from "./consume.ts";
import { checkDurability } from "./durability.ts";
import { toKafkaError } from "./errors.ts";
import { createPublisher } from "./publish.ts";
import { ensureTopics } from "./topics.ts";

const PUBLISH_TIMEOUT_MS = 10_000;
const CLOSE_LIMIT_MS = 5_000;

/**
 * Events over Kafka 2.4 and later. Each topic is a topic of that very name: the key is the record's key, the data its
 * value, so any Kafka client reads and publishes it as plain JSON.
 *
 * - The address is `kafka://host:9092` (`kafkas://` for TLS, user and password by SASL PLAIN); several by commas.
 * - Order: a key stays in one partition, and a partition is worked through one event at a time. A subscription without
 *   order runs the events of a partition side by side. `retryAfterMs` holds its partition where order counts.
 * - A handler that outlives `acknowledgeWithinMs` is aborted and its event comes again. A member that is silent for that
 *   long (at least 6 s) loses its partitions.
 * - When the group changes, running handlers may end first (half of that time, 15 s at most), then their members join.
 * - `attempt` counts in one process: Kafka keeps no count.
 */
export const connect: ConnectTransport = async (options) => {
  const { url, clientName, topics, logger = silentLogger, clock = systemClock } = options;
  const { publishTimeoutMs = PUBLISH_TIMEOUT_MS } = options;
  const client = parseBrokers(url, clientName);
  const admin = new Admin({ ...client, retries: 2, retryDelay: 250 });
  try {
    await checkApiVersions(admin);
    await ensureTopics(admin, topics, { clock, logger });
    await checkDurability(admin, topics, logger);
  } catch (error) {
    throw toKafkaError(error, `cannot start on Kafka at ${client.bootstrapBrokers.join(", ")}`);
  } finally {
    await settleWithin(admin.close(), CLOSE_LIMIT_MS, clock);
  }
  const onConnection = tellChanges(options.onConnection);
  const publisher = createPublisher({ client, timeoutMs: publishTimeoutMs, clock, onConnection });
  const consumers = new Set<Consumer>();
  let closing: Promise<void> | undefined;

  const transport: EventTransport = {
    name: "kafka",
    capabilities: KAFKA_CAPABILITIES,
    async publish(topic, envelopes, publishing) {
      assertDataSize(transport, topic, envelopes);
      await publisher.publish(topic, envelopes, publishing);
    },
    async subscribe(subscription, handler) {
      if (closing) throw new ParleyError("FAILED_PRECONDITION", "the transport is closed");
      assertSubscription(transport, subscription);
      const consumer = await consume({ client, clock, logger, onConnection }, subscription, handler).catch(
        (error: unknown) => {
          throw toKafkaError(error, `cannot subscribe to ${subscription.topics.join(", ")}`);
        },
      );
      consumers.add(consumer);
      return {
        lag: (asking) => consumer.lag(asking),
        async close(ending) {
          await consumer.close(ending);
          consumers.delete(consumer);
        },
      };
    },
    close(ending = {}) {
      closing ??= (async () => {
        await Promise.all([...consumers].map((consumer) => consumer.close(ending)));
        await publisher.close();
      })();
      return closing;
    },
  };
  return transport;
};

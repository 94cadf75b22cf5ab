import { noopLogger, ParleyError, systemClock } from "@parley/core";
import { abortable, settleWithin, timeLimit } from "@parley/core/internal";
import { type ConnectTransport, createTransport, reportChanges } from "@parley/transport";
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
const ADMIN_REQUEST_LIMIT_MS = 10_000;
const START_LIMIT_MS = 20_000;

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
  const { url, clientName, topics, logger = noopLogger, clock = systemClock } = options;
  const { publishTimeoutMs = PUBLISH_TIMEOUT_MS } = options;
  const client = parseBrokers(url, clientName);
  const admin = new Admin({ ...client, retries: 2, retryDelay: 250, requestTimeout: ADMIN_REQUEST_LIMIT_MS });
  const prepare = async (): Promise<void> => {
    await checkApiVersions(admin);
    await ensureTopics(admin, topics, { clock, logger });
    await checkDurability(admin, topics, logger);
  };
  // A broker that is silent is asked no more than this, whatever the client tries again by itself.
  const limit = timeLimit(START_LIMIT_MS, { clock });
  const doing = `cannot start on Kafka at ${client.bootstrapBrokers.join(", ")}`;
  try {
    await abortable(prepare(), limit.signal);
  } catch (error) {
    if (!limit.signal.aborted) throw toKafkaError(error, doing);
    throw new ParleyError("UNAVAILABLE", `${doing}: no answer within ${START_LIMIT_MS} ms`, { cause: error });
  } finally {
    limit.release();
    await settleWithin(admin.close(), CLOSE_LIMIT_MS, clock);
  }
  const onConnection = reportChanges(options.onConnection);
  const publisher = createPublisher({ client, timeoutMs: publishTimeoutMs, clock, onConnection });
  return createTransport({
    name: "kafka",
    capabilities: KAFKA_CAPABILITIES,
    publish: publisher.publish,
    subscribe: (subscription, handler) =>
      consume({ client, clock, logger, onConnection }, subscription, handler).catch((error: unknown) => {
        throw toKafkaError(error, `cannot subscribe to ${subscription.topics.join(", ")}`);
      }),
    disconnect: () => publisher.close(),
  });
};

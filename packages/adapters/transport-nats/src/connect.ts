import { jetstreamManager } from "@nats-io/jetstream";
import { type Clock, type Logger, noopLogger, ParleyError, systemClock } from "@parley/core";
import { type ConnectTransport, createTransport, type EventTransport, type TransportOptions } from "@parley/transport";
import { DEFAULT_MAX_PAYLOAD_BYTES, natsCapabilities } from "./capabilities.ts";
import { type Connection, openConnection } from "./connection.ts";
import { consume } from "./consume.ts";
import { checkDurability } from "./durability.ts";
import { toNatsError } from "./errors.ts";
import { createPublisher } from "./publish.ts";
import { createRequests } from "./request-reply.ts";
import { createTopics } from "./topics.ts";

const PUBLISH_TIMEOUT_MS = 10_000;
const API_TIMEOUT_MS = 10_000;

/**
 * Events over NATS with JetStream. Each topic is a subject of that very name, kept in a stream, so any NATS client reads
 * and publishes it as plain JSON.
 *
 * - The address is `nats://user:password@host:4222` (or a token in place of both), `tls://` for TLS; several by commas.
 * - Order: the server pins one member of a group at a time (2.11 and later), which keeps keys in order in its own
 *   process and takes over from a dead member only when the last unsettled event of that one has come to it. Topics of a
 *   subscription are pinned one by one, so members share them. An older server delivers one event at a time per group.
 * - An event that no member finishes comes again after `acknowledgeWithinMs`; while handlers run, that time is renewed, up
 *   to as long again.
 * - `attempt` counts deliveries of the server too, also those that a member never began before it ended.
 */
export const connect: ConnectTransport = async (options) => {
  const { topics: specs, logger = noopLogger, clock = systemClock } = options;
  const { url, clientName, onConnection } = options;
  const connection = await openConnection({ url, clientName, logger, onConnection });
  try {
    return await compose(connection, options, { logger, clock, specs });
  } catch (error) {
    await connection.close();
    throw toNatsError(error, "cannot start on NATS");
  }
};

interface Resolved {
  readonly logger: Logger;
  readonly clock: Clock;
  readonly specs: TransportOptions["topics"];
}

async function compose(
  connection: Connection,
  { clientName, publishTimeoutMs = PUBLISH_TIMEOUT_MS }: TransportOptions,
  { logger, clock, specs }: Resolved,
): Promise<EventTransport> {
  const { nats } = connection;
  if (nats.info?.jetstream !== true) {
    throw new ParleyError(
      "FAILED_PRECONDITION",
      "NATS runs without JetStream: start it with a jetstream block, or --jetstream",
    );
  }
  const manager = await jetstreamManager(nats, { timeout: API_TIMEOUT_MS, checkAPI: false });
  const topics = createTopics({ manager, specs, isCluster: nats.info.cluster !== undefined, logger });
  const streams = new Set<string>();
  for (const { name } of specs) streams.add(await topics.streamOf(name));
  const durable = await checkDurability(nats, manager, streams, logger);
  const maxPayloadBytes = nats.info.max_payload ?? DEFAULT_MAX_PAYLOAD_BYTES;
  const capabilities = natsCapabilities({ maxPayloadBytes, durable });
  const publisher = createPublisher({
    connection,
    clock,
    timeoutMs: publishTimeoutMs,
    specOf: topics.specOf,
  });
  const requests = createRequests(connection, clock);
  const settings = { connection, manager, topics, clientName, clock, logger };
  return createTransport({
    name: "nats",
    capabilities,
    requests,
    publish: publisher.publish,
    subscribe: (subscription, handler) =>
      consume(settings, subscription, handler).catch((error: unknown) => {
        throw toNatsError(error, `cannot subscribe to ${subscription.topics.join(", ")}`);
      }),
    async disconnect() {
      await requests.close();
      publisher.close();
      await connection.close();
    },
  });
}

import { invalidArgument, noopLogger, systemClock } from "@parley/core";
import { systemRandom, timeLimit } from "@parley/core/internal";
import {
  type ConnectionState,
  type ConnectTransport,
  createTransport,
  reportChanges,
  type TransportOptions,
} from "@parley/transport";
import { CAPABILITIES } from "./capabilities.ts";
import { keepChannel } from "./channel.ts";
import { consume } from "./consume.ts";
import { checkServer } from "./durability.ts";
import { toRabbitError } from "./errors.ts";
import { openLink } from "./link.ts";
import { createPublisher, tellReturned } from "./publish.ts";
import { createRequestReply } from "./request-reply.ts";
import { declareExchanges } from "./topics.ts";

const DEFAULT_PUBLISH_TIMEOUT_MS = 10_000;
const DEFAULT_NEW_QUEUE_REST_MS = 1_500;
/** One to publish, one to consume: the broker counts as reached when both are there. */
const LINKS = 2;

export interface RabbitOptions extends TransportOptions {
  /**
   * How long the new queue of a new group is left alone before anything is routed to it. Default 1.5 s: a server that
   * is killed sooner after the declaration may forget that the queue had a log, with all that it has confirmed (3.10:
   * the log is on disk at once, the directory of logs a second later).
   */
  readonly newQueueRestMs?: number | undefined;
}

/**
 * Connects to RabbitMQ 3.10 or later (`amqp://user:password@host:5672/vhost`, `amqps://`, several by commas).
 *
 * Two connections: while the broker is short of memory or disk it stops reading from those that publish, and
 * acknowledgements must go on. The client is `amqplib`: well kept, without dependencies, and its channel is a plain
 * object that dies with its delivery tags, where `rabbitmq-client` opens channels again behind the caller's back.
 *
 * @throws ParleyError UNAVAILABLE when no server can be reached, PERMISSION_DENIED when the login is refused,
 *   FAILED_PRECONDITION when the server is too old or an exchange of ours is there with another type.
 */
export const connect = (async (options: RabbitOptions) => {
  const { clientName, publishTimeoutMs: timeoutMs = DEFAULT_PUBLISH_TIMEOUT_MS } = options;
  const { logger = noopLogger, clock = systemClock, newQueueRestMs = DEFAULT_NEW_QUEUE_REST_MS } = options;
  const random = systemRandom;
  const urls = parseUrls(options.url);
  const shared = { logger, clock, random };
  const tell = reportChanges(options.onConnection);
  const open = new Set<string>();
  const follow = (link: string) => ({
    name: `${clientName} (${link})`,
    onConnection(state: ConnectionState) {
      if (state === "connected") open.add(link);
      else open.delete(link);
      if (state === "away" || open.size === LINKS) tell(state);
    },
  });
  const publishing = openLink({ urls, ...follow("publishes"), ...shared });
  const consuming = openLink({ urls, ...follow("consumes"), ...shared });
  const closeLinks = (): Promise<unknown> => Promise.all([publishing.close(), consuming.close()]);
  const kept = keepChannel({
    link: publishing,
    doing: "publishing",
    setup: async (generation) => {
      checkServer(generation.session, logger);
      await declareExchanges(generation.channel);
      tellReturned(generation, logger);
    },
    ...shared,
  });

  const limit = timeLimit(timeoutMs, { clock });
  try {
    await kept.generation(limit.signal);
    await consuming.session(limit.signal);
  } catch (error) {
    await kept.close();
    await closeLinks();
    throw publishing.lastError ?? toRabbitError(error, "connecting");
  } finally {
    limit.release();
  }

  const requests = createRequestReply({ asking: publishing, answering: consuming, timeoutMs, ...shared });
  return createTransport({
    name: "rabbitmq",
    capabilities: CAPABILITIES,
    requests,
    publish: createPublisher({ link: publishing, kept, timeoutMs, clock }),
    subscribe: (subscription, handler) =>
      consume(subscription, handler, { link: consuming, timeoutMs, newQueueRestMs, ...shared }),
    async disconnect() {
      await requests.close();
      await kept.close();
      await closeLinks();
    },
  });
}) satisfies ConnectTransport;

function parseUrls(text: string): readonly string[] {
  const urls = text.split(",").map((url) => url.trim());
  for (const url of urls) {
    if (URL.canParse(url) && /^amqps?:$/.test(new URL(url).protocol)) continue;
    // The address may hold a password, so it is not repeated.
    throw invalidArgument({ field: "url", description: "must be amqp://host:port or amqps://host:port" });
  }
  return urls;
}

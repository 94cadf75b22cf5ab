import { invalidArgument, noopLogger, systemClock } from "@parley/core";
import { abortable, systemRandom, timeLimit } from "@parley/core/internal";
import { type ConnectTransport, createTransport, reportChanges } from "@parley/transport";
import { capabilitiesOf } from "./capabilities.ts";
import { consume } from "./consume.ts";
import { consumeOwn } from "./consume-own.ts";
import { checkServer } from "./durability.ts";
import { toRedisError } from "./errors.ts";
import { openLink } from "./link.ts";
import { createPublisher } from "./publish.ts";
import { keepTrimmed } from "./topics.ts";

const DEFAULT_PUBLISH_TIMEOUT_MS = 10_000;

/**
 * Connects to Redis 7 or later (`redis://user:password@host:6379/0`, `rediss://`, several by commas).
 *
 * The client is `@redis/client`, which Redis itself keeps and recommends over `ioredis`; of it only the connection and
 * the protocol are used. Connecting again, time limits and what is sent twice are decided here (see link.ts).
 *
 * @throws ParleyError UNAVAILABLE when no server can be reached, PERMISSION_DENIED when the login is refused,
 *   FAILED_PRECONDITION when the server is too old or a cluster.
 */
export const connect: ConnectTransport = async (options) => {
  const { clientName, topics, publishTimeoutMs: timeoutMs = DEFAULT_PUBLISH_TIMEOUT_MS } = options;
  const { logger = noopLogger, clock = systemClock } = options;
  const random = systemRandom;
  const connection = { urls: parseUrls(options.url), name: clientName, logger, clock, random };
  const link = openLink({ ...connection, onConnection: reportChanges(options.onConnection) });
  const limit = timeLimit(timeoutMs, { clock });
  let durable: boolean;
  try {
    const session = await link.session(limit.signal);
    ({ durable } = await abortable(checkServer(session, logger), limit.signal));
  } catch (error) {
    await link.close();
    throw (limit.signal.aborted && link.lastError) || toRedisError(error, "connecting");
  } finally {
    limit.release();
  }

  const closing = new AbortController();
  const trimming = keepTrimmed(link, topics, { signal: closing.signal, logger, clock });
  const capabilities = capabilitiesOf({ durable });
  const shared = { link, connection, logger, clock, timeoutMs };
  return createTransport({
    name: "redis",
    capabilities,
    publish: createPublisher({ link, timeoutMs, clock }),
    subscribe: (subscription, handler) =>
      subscription.group === undefined
        ? consumeOwn(subscription, handler, shared)
        : consume({ ...subscription, group: subscription.group }, handler, shared),
    async disconnect() {
      closing.abort();
      await link.close();
      await trimming;
    },
  });
};

function parseUrls(text: string): readonly string[] {
  const urls = text.split(",").map((url) => url.trim());
  for (const url of urls) {
    if (URL.canParse(url) && /^rediss?:$/.test(new URL(url).protocol)) continue;
    // The address may hold a password, so it is not repeated.
    throw invalidArgument({ field: "url", description: "must be redis://host:port or rediss://host:port" });
  }
  return urls;
}

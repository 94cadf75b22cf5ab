import { type JetStreamManager, StorageType } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import type { Logger } from "@parley/core";

/** Without an account that may ask, the server does not answer at all. */
const ASK_TIMEOUT_MS = 1_000;

/** What of the server's answer is read here. */
interface ServerVariables {
  readonly data?: { readonly jetstream?: { readonly config?: { readonly sync_always?: boolean } } };
}

/**
 * Warns by name of what makes an acknowledged event less than safe. The stream tells its storage and replicas to every
 * client; how often the server calls fsync (`sync_interval`, by default every two minutes) it tells only to the system
 * account, so to others the warning says that it cannot be seen. With replicas it matters less: all would have to lose
 * power at once.
 *
 * @returns whether all streams are on disk.
 */
export async function checkDurability(
  nats: NatsConnection,
  manager: JetStreamManager,
  streams: ReadonlySet<string>,
  logger: Logger,
): Promise<boolean> {
  let isOnDisk = true;
  let hasSingle = false;
  for (const name of streams) {
    const { config } = await manager.streams.info(name);
    if (config.storage !== StorageType.File) {
      isOnDisk = false;
      warn(
        logger,
        "storage",
        `stream ${name} is in memory: a restart of NATS loses its events; make it with storage file`,
      );
    }
    if (config.num_replicas < 2) {
      hasSingle = true;
      warn(logger, "replicas", `stream ${name} has one replica: losing that server's disk loses its events`);
    }
  }
  if (hasSingle) await checkSync(nats, logger);
  return isOnDisk;
}

async function checkSync(nats: NatsConnection, logger: Logger): Promise<void> {
  const { isKnown, isAlways } = await askSync(nats);
  if (isAlways) return;
  const why = isKnown
    ? "NATS does not sync each message to disk: a power cut loses events that were acknowledged"
    : "whether NATS syncs each message to disk cannot be seen from this account, and by default it does so every two minutes";
  warn(logger, "sync_interval", `${why}; set "sync_interval: always" in its jetstream block`);
}

async function askSync(nats: NatsConnection): Promise<{ isKnown: boolean; isAlways: boolean }> {
  try {
    const subject = `$SYS.REQ.SERVER.${nats.info?.server_id}.VARZ`;
    const answer = await nats.request(subject, "", { timeout: ASK_TIMEOUT_MS });
    const config = answer.json<ServerVariables>().data?.jetstream?.config;
    return { isKnown: config !== undefined, isAlways: config?.sync_always === true };
  } catch {
    return { isKnown: false, isAlways: false };
  }
}

function warn(logger: Logger, setting: string, message: string): void {
  logger.warn({ transport: "nats", durability: setting }, message);
}

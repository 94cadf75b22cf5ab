import { randomUUID } from "node:crypto";
import { isParleyError } from "@parley/core";
import {
  type Consumer,
  createTransport,
  type DeliveryHandler,
  type EventTransport,
  type Subscription,
} from "@parley/transport";
import { migrate } from "../migrations/migrate.ts";
import { createNotifier } from "../notifier.ts";
import { CAPABILITIES, TRANSPORT_NAME } from "./capabilities.ts";
import { startCleanUp } from "./clean-up.ts";
import { createGroup } from "./group.ts";
import { createGroupConsumer } from "./group-consumer.ts";
import { createLiveConsumer } from "./live-consumer.ts";
import { type PostgresTransportOptions, type ResolvedTransportOptions, resolveTransportOptions } from "./options.ts";
import { createPublisher } from "./publish.ts";
import { EVENTS_CHANNEL, GROUPS_CHANNEL, TRANSPORT_HISTORY, transportMigrations } from "./tables.ts";
import { type LogWatch, watchLog } from "./watch-log.ts";

/**
 * The event transport in a database that is open already: PostgreSQL, or embedded PGlite, on which it is the default.
 * Makes its tables at start.
 *
 * @throws ParleyError UNAVAILABLE if the database cannot be reached, FAILED_PRECONDITION if its tables are of a later
 *   version.
 */
export async function createPostgresTransport(given: PostgresTransportOptions): Promise<EventTransport> {
  const options = resolveTransportOptions(given);
  const { database, clock, logger } = options;
  const self = randomUUID();
  await migrate(database, transportMigrations, { history: TRANSPORT_HISTORY, logger, clock });
  await declareTopics(options);
  const events = createNotifier(database, { channel: EVENTS_CHANNEL, clock, logger });
  const groups = createNotifier(database, { channel: GROUPS_CHANNEL, clock, logger });
  const cleanUp = startCleanUp(options);
  let watching: Promise<LogWatch> | undefined;

  const publisher = createPublisher(options, () => {
    void watching?.then((watch) => watch.wake()).catch(() => {});
    events.notify(self);
  });

  /** Nobody who only publishes looks at the log. */
  const openWatch = async (): Promise<LogWatch> => {
    watching ??= watchLog(options, self);
    try {
      return await watching;
    } catch (error) {
      watching = undefined;
      throw error;
    }
  };

  const open = async (subscription: Subscription, handler: DeliveryHandler): Promise<Consumer> => {
    const watch = await openWatch();
    await watch.look();
    if (!hasGroup(subscription)) return createLiveConsumer({ options, subscription, handler, watch });
    const group = createGroup({ database, group: subscription.group, member: randomUUID(), subscription });
    return createGroupConsumer({ options, subscription, handler, group, watch, notifier: groups });
  };

  return createTransport({
    name: TRANSPORT_NAME,
    capabilities: CAPABILITIES,
    async publish(...publishing) {
      try {
        await publisher.publish(...publishing);
        options.onConnection("connected");
      } catch (error) {
        if (isParleyError(error) && error.code === "UNAVAILABLE") options.onConnection("away");
        throw error;
      }
    },
    subscribe: open,
    async disconnect() {
      await publisher.close();
      const watch = await watching?.catch(() => undefined);
      await Promise.all([watch?.close(), cleanUp.close()]);
    },
  });
}

function hasGroup(subscription: Subscription): subscription is Subscription & { readonly group: string } {
  return subscription.group !== undefined;
}

const DECLARE = `
  INSERT INTO parley_event_topics AS t (name, retention_ms)
  SELECT * FROM unnest($1::text[], $2::double precision[])
  ON CONFLICT (name) DO UPDATE SET retention_ms = excluded.retention_ms WHERE t.retention_ms <> excluded.retention_ms
  RETURNING t.name, xmax <> 0 AS changed`;

/** Tells the clean-up how long events are kept. The latest definition holds, and a change is said. */
async function declareTopics({ database, topics, logger }: ResolvedTransportOptions): Promise<void> {
  if (topics.length === 0) return;
  const names = topics.map(({ name }) => name);
  const retentions = topics.map(({ retentionMs }) => retentionMs);
  const { rows } = await database.query<{ name: string; changed: boolean }>(DECLARE, [names, retentions]);
  for (const { name, changed } of rows) {
    if (changed) logger.warn({ topic: name }, "the retention of a topic differs from before; it holds from now on");
  }
}

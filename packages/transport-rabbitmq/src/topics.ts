import { type Logger, ParleyError } from "@parley/core";
import type { Ordering } from "@parley/events";
import type { ConfirmChannel } from "amqplib";
import { toRabbitError } from "./errors.ts";
import type { Session } from "./link.ts";

/** Every event goes here, with its topic as routing key: a plain client publishes to it, or binds a queue of its own. */
export const EVENTS_EXCHANGE = "parley.events";
/** Where a queue puts what it gives up on. Ours never do, but an operator's policy may lower the limit of deliveries. */
const REFUSED_EXCHANGE = "parley.refused";

/**
 * A quorum queue deletes what was delivered more often than its limit, which is 20 from RabbitMQ 4.0 on; crashes count
 * too. The bus gives up by its own count and keeps the event, so the broker's limit must never be reached. (-1, no
 * limit, is refused by servers before 4.0.)
 */
const DELIVERY_LIMIT = 2 ** 31 - 1;

export async function declareExchanges(channel: ConfirmChannel): Promise<void> {
  await channel.assertExchange(EVENTS_EXCHANGE, "topic", { durable: true });
  await channel.assertExchange(REFUSED_EXCHANGE, "fanout", { durable: true });
  await channel.assertQueue(REFUSED_EXCHANGE, { durable: true, arguments: { "x-queue-type": "quorum" } });
  await channel.bindQueue(REFUSED_EXCHANGE, REFUSED_EXCHANGE, "");
}

export function queueOf(group: string, topic: string): string {
  return `parley.${group}.${topic}`;
}

/**
 * Declares the queue of a group for a topic and binds it: from here on the group misses nothing.
 * A queue that is there and differs is used as it is, with a warning; unless it would break the order asked for.
 */
export async function declareGroupQueue(
  session: Session,
  { group, topic, ordering, logger }: { group: string; topic: string; ordering: Ordering; logger: Logger },
): Promise<string> {
  const queue = queueOf(group, topic);
  const options = {
    durable: true,
    arguments: {
      "x-queue-type": "quorum",
      "x-delivery-limit": DELIVERY_LIMIT,
      "x-dead-letter-exchange": REFUSED_EXCHANGE,
      "x-single-active-consumer": ordering !== "none",
    },
  };
  const refusal = await onProbe(session, async (probe) => {
    await probe.assertQueue(queue, options);
    await probe.bindQueue(queue, EVENTS_EXCHANGE, topic);
  });
  if (!refusal) return queue;
  if (refusal.code !== "FAILED_PRECONDITION") throw refusal;
  if (ordering !== "none" && /x-single-active-consumer/.test(refusal.message)) {
    throw new ParleyError(
      "FAILED_PRECONDITION",
      `queue ${queue} was made without a single active consumer, so group ${group} cannot have ${topic} in order; ` +
        `drain and delete the queue, or subscribe with ordering "none"`,
      { cause: refusal },
    );
  }
  logger.warn({ queue, err: refusal }, "the queue differs from what is asked for and is used as it is");
  const lasting = await onProbe(session, (probe) => probe.bindQueue(queue, EVENTS_EXCHANGE, topic).then(() => {}));
  if (lasting) throw lasting;
  return queue;
}

/** A refused declaration closes its channel, so each is tried on one of its own. */
export async function onProbe(
  session: Session,
  work: (channel: ConfirmChannel) => Promise<void>,
): Promise<ParleyError | undefined> {
  const probe = await session.model.createConfirmChannel();
  let refusal: unknown;
  probe.on("error", (error) => {
    refusal = error;
  });
  try {
    await work(probe);
    return undefined;
  } catch (error) {
    return toRabbitError(refusal ?? error, "declaring queues");
  } finally {
    await probe.close().catch(() => {});
  }
}

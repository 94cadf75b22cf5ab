import { type Clock, type Logger, ParleyError, sleep } from "@parley/core";
import type { Ordering } from "@parley/transport";
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

export interface GroupQueues {
  readonly group: string;
  readonly topics: readonly string[];
  readonly ordering: Ordering;
  readonly logger: Logger;
  readonly clock: Clock;
  /** See {@link RabbitOptions.newQueueRestMs}. */
  readonly newQueueRestMs: number;
}

/** Declares the queues of a group, one for each topic, and binds them: from here on the group misses nothing. */
export async function declareGroupQueues(session: Session, options: GroupQueues): Promise<void> {
  const { group, topics, clock, newQueueRestMs } = options;
  let areNew = false;
  for (const topic of topics) {
    const queue = queueOf(group, topic);
    const missing = await onProbe(session, async (probe) => void (await probe.checkQueue(queue)));
    if (missing && missing.code !== "NOT_FOUND") throw missing;
    areNew ||= missing !== undefined;
    await declareGroupQueue(session, topic, options);
  }
  if (areNew) await sleep(newQueueRestMs, { signal: session.ended, clock });
  const refusal = await onProbe(session, async (probe) => {
    for (const topic of topics) await probe.bindQueue(queueOf(group, topic), EVENTS_EXCHANGE, topic);
  });
  if (refusal) throw refusal;
}

/** A queue that is there and differs is used as it is, with a warning; unless order is asked for, which it may break. */
async function declareGroupQueue(
  session: Session,
  topic: string,
  { group, ordering, logger }: GroupQueues,
): Promise<void> {
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
  const refusal = await onProbe(session, async (probe) => void (await probe.assertQueue(queue, options)));
  if (!refusal) return;
  if (refusal.code !== "FAILED_PRECONDITION") throw refusal;
  if (ordering !== "none") {
    // The server names the first difference only, so whether the queue has a single active consumer stays unknown.
    throw new ParleyError(
      "FAILED_PRECONDITION",
      `queue ${queue} was made by another, so group ${group} cannot have ${topic} in order; ` +
        `drain and delete the queue, or subscribe with ordering "none": ${refusal.message}`,
      { cause: refusal },
    );
  }
  logger.warn({ queue, err: refusal }, "the queue differs from what is asked for and is used as it is");
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

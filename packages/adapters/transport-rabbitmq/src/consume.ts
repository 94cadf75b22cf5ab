import { type Clock, type Logger, ParleyError, type Random } from "@parley/core";
import { abortable, settleWithin, timeLimit } from "@parley/core/internal";
import {
  type CloseOptions,
  type Consumer,
  createKeyedExecutor,
  type Delivery,
  type DeliveryHandler,
  type Outcome,
  type Subscription,
} from "@parley/transport";
import type { ConsumeMessage } from "amqplib";
import { type Generation, keepChannel } from "./channel.ts";
import { earlierDeliveries, toEnvelope } from "./envelope-headers.ts";
import { toRabbitError } from "./errors.ts";
import type { Link } from "./link.ts";
import { declareGroupQueues, EVENTS_EXCHANGE, onProbe, queueOf } from "./topics.ts";

export interface ConsumeOptions {
  readonly link: Link;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly random: Random;
  /** How long the first declaration may take. */
  readonly timeoutMs: number;
  readonly newQueueRestMs: number;
}

/** Events of a key whose first one waits for its retry stay unacknowledged in the window; this is the room for them. */
const ROOM_FOR_HELD = 256;
/** RabbitMQ takes a message back, and the channel with it, after `consumer_timeout`, which is this by default. */
const SERVER_ACK_LIMIT_MS = 30 * 60_000;
const LAG_TIMEOUT_MS = 5_000;
const CLOSE_TIMEOUT_MS = 5_000;

/**
 * Consumes the topics of a subscription, each from its queue.
 *
 * Order: the queue has a single active consumer, so all events in doubt are here, in the order of the queue; what fails
 * is held here, unacknowledged, with its key behind it. Nothing is given back one by one: a queue would put it before
 * those that are out already. When the channel goes, the broker takes all back at once, in order, for the next consumer.
 */
export async function consume(
  subscription: Subscription,
  handler: DeliveryHandler,
  { link, logger, clock, random, timeoutMs, newQueueRestMs }: ConsumeOptions,
): Promise<Consumer> {
  const { topics, group, ordering, concurrency } = subscription;
  warnOfLimit(subscription, logger);
  const executor = createKeyedExecutor({
    concurrency,
    clock,
    onRejected: (error) => logger.error({ err: error, group, topics }, "a handler rejected; its event is tried again"),
  });
  const forced = new AbortController();
  let closing = false;
  let setups = 0;
  let tags: string[] = [];

  function take(generation: Generation, signal: AbortSignal, topic: string, message: ConsumeMessage): void {
    if (closing) return;
    const envelope = toEnvelope(topic, message, clock.now());
    const earlier = earlierDeliveries(message);
    let tries = 0;
    const work = async (): Promise<Outcome> => {
      tries += 1;
      const delivery: Delivery = { topic, envelope, attempt: earlier + tries, signal };
      const outcome = await handler(delivery);
      return group === undefined ? "done" : outcome;
    };
    const lane = ordering === "none" ? undefined : laneOf(topic, ordering === "key" ? envelope.key : "");
    void executor.run(lane, work, { signal: generation.ended }).then((end) => {
      if (end === "done" && !generation.ended.aborted) generation.channel.ack(message);
    });
  }

  async function setup(generation: Generation): Promise<void> {
    const { channel, session, ended } = generation;
    const signal = AbortSignal.any([ended, forced.signal]);
    await channel.prefetch(Math.min(ordering === "key" ? concurrency + ROOM_FOR_HELD : concurrency * 2, 65_535));
    tags = [];
    if (group !== undefined)
      await declareGroupQueues(session, { group, topics, ordering, logger, clock, newQueueRestMs });
    for (const topic of topics) {
      const queue = group === undefined ? await declareOwnQueue(channel, topic) : queueOf(group, topic);
      const onMessage = (message: ConsumeMessage | null): void => {
        // The queue was deleted: on a new channel it is declared again.
        if (message === null) void channel.close().catch(() => {});
        else take(generation, signal, topic, message);
      };
      tags.push((await channel.consume(queue, onMessage)).consumerTag);
    }
    setups += 1;
    if (group === undefined && setups > 1) subscription.onMissed?.("the queue went with the connection to RabbitMQ");
  }

  const doing = `consuming ${topics.join(", ")}${group === undefined ? "" : ` as ${group}`}`;
  const kept = keepChannel({ link, doing, logger, clock, random, setup });
  const limit = timeLimit(timeoutMs, { clock });
  try {
    await kept.generation(limit.signal);
  } catch (error) {
    await kept.close();
    throw limit.signal.aborted ? (link.lastError ?? toRabbitError(error, doing)) : toRabbitError(error, doing);
  } finally {
    limit.release();
  }

  let closed: Promise<void> | undefined;
  async function close({ signal }: CloseOptions): Promise<void> {
    closing = true;
    const force = (): void => forced.abort(new ParleyError("CANCELLED", "the consumer was closed by force"));
    if (signal?.aborted) force();
    signal?.addEventListener("abort", force, { once: true });
    // Others may go on at once where there is no order. Where there is, they must wait for what runs here.
    if (ordering === "none" && kept.current) void cancelAll(kept.current);
    await executor.close({ signal });
    signal?.removeEventListener("abort", force);
    force();
    await settleWithin(kept.close(), CLOSE_TIMEOUT_MS, clock);
  }
  async function cancelAll({ channel }: Generation): Promise<void> {
    for (const tag of tags) await channel.cancel(tag).catch(() => {});
  }

  return {
    lag: async ({ signal } = {}) => {
      const limit = timeLimit(LAG_TIMEOUT_MS, { clock, signal });
      try {
        const queues = group === undefined ? [] : topics.map((topic) => queueOf(group, topic));
        return (await waitingIn(queues, link, limit.signal)) + executor.size;
      } finally {
        limit.release();
      }
    },
    close: (options = {}) => {
      if (closed) options.signal?.addEventListener("abort", () => forced.abort(), { once: true });
      closed ??= close(options);
      return closed;
    },
  };
}

function laneOf(topic: string, key: string | undefined): string | undefined {
  return key === undefined ? undefined : `${topic}\n${key}`;
}

/** A queue that lives as long as its consumer. */
async function declareOwnQueue(channel: Generation["channel"], topic: string): Promise<string> {
  const { queue } = await channel.assertQueue("", { exclusive: true, autoDelete: true, durable: false });
  await channel.bindQueue(queue, EVENTS_EXCHANGE, topic);
  return queue;
}

/** What waits in queues, without what is out at members: only this one knows what it holds. */
async function waitingIn(queues: readonly string[], link: Link, signal: AbortSignal): Promise<number> {
  const doing = "counting what waits";
  const session = await link.session(signal).catch((error: unknown) => {
    throw link.lastError ?? toRabbitError(error, doing);
  });
  let waiting = 0;
  for (const queue of queues) {
    const refusal = await abortable(
      onProbe(session, async (probe) => {
        waiting += (await probe.checkQueue(queue)).messageCount;
      }),
      signal,
    );
    if (refusal) throw refusal;
  }
  return waiting;
}

function warnOfLimit({ group, acknowledgeWithinMs }: Subscription, logger: Logger): void {
  if (acknowledgeWithinMs > SERVER_ACK_LIMIT_MS) {
    logger.warn(
      { group, acknowledgeWithinMs, serverLimitMs: SERVER_ACK_LIMIT_MS },
      "handlers may take longer than the server's default consumer_timeout; raise that, or the server takes events back",
    );
  }
}

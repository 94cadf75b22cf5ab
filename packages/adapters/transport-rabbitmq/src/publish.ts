import { type Clock, type Logger, ParleyError } from "@parley/core";
import { type AbortLike, abortable, timeLimit } from "@parley/core/internal";
import { createInFlight, type Envelope, type InFlight, type PublishOptions } from "@parley/transport";
import type { Generation, KeptChannel } from "./channel.ts";
import { toProperties } from "./envelope-headers.ts";
import { toRabbitError, waitedTooLong } from "./errors.ts";
import type { Link } from "./link.ts";
import { EVENTS_EXCHANGE } from "./topics.ts";

export interface PublisherOptions {
  readonly link: Link;
  readonly kept: KeptChannel;
  readonly timeoutMs: number;
  readonly clock: Clock;
}

/** What is published and not confirmed; more waits. A broker confirms in batches, so this also bounds throughput. */
const UNCONFIRMED = { messages: 2_000, bytes: 32 * 1024 * 1024 };

/** Publishes with confirms: resolves when the queues of all groups have each event on their disks. */
export function createPublisher({ link, kept, timeoutMs, clock }: PublisherOptions) {
  const inFlight = createInFlight(UNCONFIRMED);

  return async function publish(topic: string, envelopes: readonly Envelope[], options: PublishOptions = {}) {
    const limit = timeLimit(timeoutMs, { clock, signal: options.signal });
    const doing = `publishing ${envelopes.length} to ${topic}`;
    let generation: Generation | undefined;
    try {
      generation = kept.current ?? (await kept.generation(limit.signal));
      await abortable(generation.session.unblocked(), limit.source);
      await send(generation, topic, envelopes, { inFlight, aborting: limit.source });
    } catch (error) {
      if (!limit.source.aborted) throw toRabbitError(error, doing);
      const blockedBy = generation?.session.blockedBy;
      if (blockedBy !== undefined) {
        throw new ParleyError("RESOURCE_EXHAUSTED", `RabbitMQ: ${doing}: the broker takes no messages: ${blockedBy}`, {
          cause: error,
        });
      }
      if (!generation && link.lastError) throw link.lastError;
      throw waitedTooLong(doing, error);
    } finally {
      limit.release();
    }
  };
}

/** On one channel, so in order; never on with the rest on another. */
async function send(
  { channel, ended }: Generation,
  topic: string,
  envelopes: readonly Envelope[],
  { inFlight, aborting }: { inFlight: InFlight; aborting: AbortLike },
): Promise<void> {
  const confirms: Promise<void>[] = [];
  let failed = false;
  for (const envelope of envelopes) {
    const { byteLength } = envelope.data;
    await inFlight.enter(byteLength, aborting);
    if (ended.aborted || failed) {
      inFlight.leave(byteLength);
      ended.throwIfAborted();
      break;
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    promise.catch(() => {
      failed = true;
    });
    confirms.push(promise);
    let goesOn: boolean;
    try {
      const body = Buffer.from(envelope.data.buffer, envelope.data.byteOffset, byteLength);
      const properties = { ...toProperties(envelope), mandatory: true };
      // Called once for each: by the confirm, or with an error when the channel closes.
      goesOn = channel.publish(EVENTS_EXCHANGE, topic, body, properties, (error: unknown) => {
        inFlight.leave(byteLength);
        if (error) reject(isNack(error) ? refused(topic, envelope.id, error) : error);
        else resolve();
      });
    } catch (error) {
      inFlight.leave(byteLength);
      throw error instanceof TypeError ? unsendable(topic, envelope.id, error) : error;
    }
    if (!goesOn) await abortable(drained(channel, ended), aborting);
  }
  await abortable(Promise.all(confirms), aborting);
}

/** The library throws a TypeError for a property that AMQP cannot carry: no later attempt could send it either. */
function unsendable(topic: string, id: string, cause: TypeError): ParleyError {
  return new ParleyError("INVALID_ARGUMENT", `RabbitMQ cannot carry event ${id} of ${topic}: ${cause.message}`, {
    cause,
  });
}

/** The library tells a refusal from a channel that closed by its words alone. */
function isNack(error: unknown): boolean {
  return error instanceof Error && error.message === "message nacked";
}

function refused(topic: string, id: string, cause: unknown): ParleyError {
  return new ParleyError(
    "RESOURCE_EXHAUSTED",
    `RabbitMQ refused event ${id} of ${topic}: a queue of the topic is full or cannot write; see the broker's log`,
    { cause },
  );
}

function drained(channel: Generation["channel"], ended: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      channel.off("drain", done);
      ended.removeEventListener("abort", done);
      resolve();
    };
    channel.once("drain", done);
    ended.addEventListener("abort", done, { once: true });
  });
}

/** A topic that no group has subscribed to yet is no error, but worth a line: nobody will ever get these events. */
export function tellReturned({ channel }: Generation, logger: Logger): void {
  const told = new Set<string>();
  channel.on("return", ({ fields: { exchange, routingKey } }) => {
    if (exchange !== EVENTS_EXCHANGE || told.has(routingKey)) return;
    if (told.size < 1_000) told.add(routingKey);
    logger.info({ topic: routingKey }, "published while no group subscribes to the topic: nobody gets it");
  });
}

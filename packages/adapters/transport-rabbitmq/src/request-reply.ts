import { randomUUID } from "node:crypto";
import { type Clock, type Logger, ParleyError, type Random } from "@parley/core";
import { abortable, timeLimit } from "@parley/core/internal";
import {
  decodeErrorReply,
  type Envelope,
  ERROR_REPLY_HEADER,
  encodeErrorReply,
  type RequestReply,
} from "@parley/transport";
import type { ConsumeMessage, Message } from "amqplib";
import { type Generation, type KeptChannel, keepChannel } from "./channel.ts";
import { toEnvelope, toProperties } from "./envelope-headers.ts";
import { toRabbitError, waitedTooLong } from "./errors.ts";
import type { Link } from "./link.ts";

export interface RequestReplyOptions {
  readonly asking: Link;
  readonly answering: Link;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly random: Random;
  readonly timeoutMs: number;
}

const REQUESTS_EXCHANGE = "parley.requests";
/** A queue that the broker makes up for each channel, so that an answer costs no declaration. @see https://www.rabbitmq.com/docs/direct-reply-to */
const REPLY_TO = "amq.rabbitmq.reply-to";
const MAX_OPEN_REQUESTS = 10_000;
/** Requests that one responder works on at once. */
const RESPONDER_PREFETCH = 64;

interface Answer {
  readonly resolve: (message: Message) => void;
  readonly reject: (error: ParleyError) => void;
}

/** Questions by direct reply-to: nothing is kept, and a lost connection fails what is open. */
export function createRequestReply(options: RequestReplyOptions): RequestReply & { close(): Promise<void> } {
  const { asking, answering, logger, clock, random, timeoutMs } = options;
  const shared = { logger, clock, random };
  const open = new Map<string, Answer>();
  const responders = new Set<KeptChannel>();
  let askingChannel: KeptChannel | undefined;

  async function setupAsking({ channel, ended }: Generation): Promise<void> {
    await channel.assertExchange(REQUESTS_EXCHANGE, "topic", { durable: true });
    await channel.consume(REPLY_TO, (message) => message && settle(message)?.resolve(message), { noAck: true });
    channel.on("return", (message) =>
      settle(message)?.reject(
        new ParleyError("UNAVAILABLE", `nobody answers requests for ${message.fields.routingKey}`, {
          progress: "refused",
        }),
      ),
    );
    ended.addEventListener("abort", () => {
      for (const [id, { reject }] of open) {
        open.delete(id);
        reject(toRabbitError(ended.reason, "waiting for an answer"));
      }
    });
  }

  function settle({ properties }: Message): Answer | undefined {
    const id = String(properties.correlationId);
    const answer = open.get(id);
    open.delete(id);
    return answer;
  }

  async function ask(subject: string, envelope: Envelope, signal: AbortSignal): Promise<Envelope> {
    askingChannel ??= keepChannel({ link: asking, doing: "asking", setup: setupAsking, ...shared });
    const { channel, session } = await askingChannel.generation(signal);
    await abortable(session.unblocked(), signal);
    if (open.size >= MAX_OPEN_REQUESTS) {
      throw new ParleyError("RESOURCE_EXHAUSTED", `${MAX_OPEN_REQUESTS} requests wait for their answers already`);
    }
    const id = randomUUID();
    const { promise, resolve, reject } = Promise.withResolvers<Message>();
    open.set(id, { resolve, reject });
    try {
      channel.publish(REQUESTS_EXCHANGE, subject, Buffer.from(envelope.data), {
        ...toProperties(envelope),
        persistent: false,
        mandatory: true,
        replyTo: REPLY_TO,
        correlationId: id,
      });
      const reply = await abortable(promise, signal);
      if (reply.properties.headers?.[ERROR_REPLY_HEADER] !== undefined) throw decodeErrorReply(reply.content);
      return toEnvelope(subject, reply, clock.now());
    } finally {
      open.delete(id);
    }
  }

  return {
    async request(subject, envelope, { signal }) {
      const doing = `the request for ${subject}`;
      try {
        return await ask(subject, envelope, signal);
      } catch (error) {
        throw signal.aborted ? waitedTooLong(doing, error) : toRabbitError(error, doing);
      }
    },

    async respond(subject, group, handler) {
      const doing = `answering ${subject} as ${group}`;
      const answer = async ({ channel, ended }: Generation, message: ConsumeMessage): Promise<void> => {
        const { replyTo, correlationId } = message.properties;
        let body: Buffer;
        let properties: object;
        try {
          const reply = await handler(toEnvelope(subject, message, clock.now()), { signal: ended });
          body = Buffer.from(reply.data);
          properties = { ...toProperties(reply), persistent: false };
        } catch (error) {
          body = encodeErrorReply(error);
          properties = { contentType: "application/json", headers: { [ERROR_REPLY_HEADER]: "1" } };
        }
        // On another channel the asker would not be known, and has been told that the question is lost.
        if (ended.aborted) return;
        if (typeof replyTo === "string") channel.publish("", replyTo, body, { ...properties, correlationId });
        channel.ack(message);
      };
      const setup = async (generation: Generation): Promise<void> => {
        const { channel } = generation;
        const queue = `${REQUESTS_EXCHANGE}.${group}.${subject}`;
        await channel.assertExchange(REQUESTS_EXCHANGE, "topic", { durable: true });
        // Goes with its last consumer, so that a question to nobody comes back at once.
        await channel.assertQueue(queue, { durable: true, autoDelete: true });
        await channel.bindQueue(queue, REQUESTS_EXCHANGE, subject);
        await channel.prefetch(RESPONDER_PREFETCH);
        await channel.consume(queue, (message) => {
          if (message === null) void channel.close().catch(() => {});
          else void answer(generation, message).catch((error) => logger.error({ err: error, subject }, doing));
        });
      };
      const kept = keepChannel({ link: answering, doing, setup, ...shared });
      const limit = timeLimit(timeoutMs, { clock });
      try {
        await kept.generation(limit.signal);
      } catch (error) {
        await kept.close();
        throw limit.signal.aborted ? (answering.lastError ?? waitedTooLong(doing, error)) : toRabbitError(error, doing);
      } finally {
        limit.release();
      }
      responders.add(kept);
      return {
        async close() {
          responders.delete(kept);
          await kept.close();
        },
      };
    },

    async close() {
      await Promise.all([askingChannel, ...responders].map((kept) => kept?.close()));
    },
  };
}

import { randomUUID } from "node:crypto";
import { type Envelope, fromHeaders, toHeaders } from "@parley/transport";
import { AMQP_HEADERS, CONTENT_TYPE_HEADER } from "@parley/transport/internal";
import type { Message, Options } from "amqplib";

/** AMQP's short strings hold no more. A longer id travels in the header `cloudEvents:id` alone. */
const MAX_SHORT_BYTES = 255;

/** An envelope as an AMQP message: CloudEvents in binary mode, and the standard properties that tools show. */
export function toProperties(envelope: Envelope): Options.Publish {
  const { [CONTENT_TYPE_HEADER]: contentType, ...headers } = toHeaders(envelope, AMQP_HEADERS);
  return {
    persistent: true,
    contentType: contentType ?? envelope.contentType,
    ...(Buffer.byteLength(envelope.id) <= MAX_SHORT_BYTES && { messageId: envelope.id }),
    type: envelope.type,
    timestamp: Math.floor(envelope.timeMs / 1_000),
    headers,
  };
}

/**
 * An AMQP message as an envelope, whoever published it. A foreign message without a `messageId` gets a random id:
 * RabbitMQ has no name for a message's place, and the same body twice may well be two events; so a repeat of such a
 * message is not known as one.
 */
export function toEnvelope(topic: string, { content, properties }: Message, nowMs: number): Envelope {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(properties.headers ?? {})) {
    if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") {
      headers[name] = String(value);
    } else if (Buffer.isBuffer(value)) headers[name] = value.toString("utf8");
  }
  if (typeof properties.contentType === "string") headers[CONTENT_TYPE_HEADER] = properties.contentType;
  const seconds: unknown = properties.timestamp;
  return fromHeaders(
    topic,
    headers,
    content,
    {
      transport: "rabbitmq",
      id: typeof properties.messageId === "string" && properties.messageId ? properties.messageId : randomUUID(),
      receivedAtMs: typeof seconds === "number" ? seconds * 1_000 : nowMs,
    },
    AMQP_HEADERS,
  );
}

/** Deliveries before this one, as a quorum queue counts them; a classic queue knows only that there were some. */
export function earlierDeliveries({ properties, fields }: Message): number {
  const count: unknown = properties.headers?.["x-delivery-count"];
  if (typeof count === "number") return count;
  return fields.redelivered ? 1 : 0;
}

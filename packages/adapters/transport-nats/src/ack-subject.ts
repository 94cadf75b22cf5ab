/** What the reply subject of a delivery says. */
export interface DeliveryPlace {
  readonly stream: string;
  readonly consumer: string;
  readonly deliveryCount: number;
  readonly streamSequence: number;
  readonly consumerSequence: number;
  readonly storedAtNanos: string;
}

const PREFIX = "$JS.ACK.";
/** `$JS.ACK.<stream>.<consumer>.…`, and later `$JS.ACK.<domain>.<account>.<stream>.…`. */
const OLD_TOKENS = 9;
const NANOS_PER_MS_DIGITS = 6;

/**
 * @returns undefined for what is not a delivery of JetStream.
 * @see https://github.com/nats-io/nats-architecture-and-design/blob/main/adr/ADR-15.md
 */
export function parseAckSubject(subject: string): DeliveryPlace | undefined {
  if (!subject.startsWith(PREFIX)) return undefined;
  const tokens = subject.split(".");
  if (tokens.length < OLD_TOKENS) return undefined;
  const [stream = "", consumer = "", count, streamSequence, consumerSequence, storedAtNanos = "0"] = tokens.slice(
    tokens.length === OLD_TOKENS ? 2 : 4,
  );
  return {
    stream,
    consumer,
    deliveryCount: Number(count),
    streamSequence: Number(streamSequence),
    consumerSequence: Number(consumerSequence),
    storedAtNanos,
  };
}

export function storedAtMs({ storedAtNanos }: DeliveryPlace): number {
  return Number(storedAtNanos.slice(0, -NANOS_PER_MS_DIGITS));
}

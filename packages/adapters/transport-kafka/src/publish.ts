import { type Clock, ParleyError } from "@parley/core";
import { LinkedQueue, settleWithin } from "@parley/core/internal";
import type { ConnectionState, Envelope, PublishOptions } from "@parley/transport";
import { CompressionAlgorithms, compatibilityPartitioner, ProduceAcks, Producer } from "@platformatic/kafka";
import type { ClientOptions } from "./client-options.ts";
import { createTopicLine, Sending, type TopicLine } from "./topic-line.ts";

export interface Publisher {
  publish(topic: string, envelopes: readonly Envelope[], options?: PublishOptions): Promise<void>;
  close(): Promise<void>;
}

export interface PublisherSettings {
  readonly client: ClientOptions;
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly onConnection: (state: ConnectionState) => void;
}

/** Within one sending the client tries again under the same sequence number, which the broker stores once. */
const RETRIES = 4;
const RETRY_DELAY_MS = 250;
const CLOSE_LIMIT_MS = 5_000;

/**
 * Idempotent publishing that waits for all replicas in sync. A key goes to the partition that every other client with
 * Java's default partitioner would choose; events without one go round.
 */
export function createPublisher({ client, timeoutMs, clock, onConnection }: PublisherSettings): Publisher {
  const producer = new Producer<Buffer, Buffer, Buffer, Buffer>({
    ...client,
    idempotent: true,
    acks: ProduceAcks.ALL,
    compression: CompressionAlgorithms.SNAPPY,
    retries: RETRIES,
    retryDelay: RETRY_DELAY_MS,
    requestTimeout: timeoutMs,
    timeout: timeoutMs,
    autocreateTopics: false,
  });
  let turn = 0;
  const lines = new Map<string, TopicLine>();
  const running = new LinkedQueue<Sending>();
  let closed: ParleyError | undefined;

  function lineOf(topic: string): TopicLine {
    const existing = lines.get(topic);
    if (existing) return existing;
    const line = createTopicLine({
      topic,
      clock,
      onConnection,
      send: async (messages) => {
        await producer.send({
          messages,
          partitioner: (message, key) => (key === undefined ? turn++ : compatibilityPartitioner(message, key)),
        });
      },
    });
    lines.set(topic, line);
    return line;
  }

  return {
    async publish(topic, envelopes, { signal } = {}) {
      if (closed) throw closed;
      if (envelopes.length === 0) return;
      const cut = (code: "DEADLINE_EXCEEDED" | "UNAVAILABLE", why: string, cause?: unknown): void =>
        sending.fail(new ParleyError(code, `cannot publish on ${topic}: ${why}`, { cause }));
      const onAbort = (): void => cut("DEADLINE_EXCEEDED", UNKNOWN_WITHIN("the caller's time"), signal?.reason);
      const sending = signal?.aborted ? new Sending(envelopes.length) : lineOf(topic).add(envelopes);
      if (signal?.aborted) onAbort();
      signal?.addEventListener("abort", onAbort, { once: true });
      const timer = clock.setTimer(timeoutMs, () => {
        const isReached = producer.isConnected();
        if (isReached) cut("DEADLINE_EXCEEDED", UNKNOWN_WITHIN(`${timeoutMs} ms`));
        else cut("UNAVAILABLE", "Kafka has not been reached; publish again later");
      });
      const place = running.push(sending);
      try {
        await sending.done;
      } finally {
        place.remove();
        timer.cancel();
        signal?.removeEventListener("abort", onAbort);
      }
    },
    async close() {
      const works = running.all().map(({ done }) => done);
      await settleWithin(Promise.allSettled(works), CLOSE_LIMIT_MS, clock);
      closed = new ParleyError("UNAVAILABLE", "the transport to Kafka is closed");
      for (const sending of running.all()) sending.fail(closed);
      await settleWithin(producer.close(), CLOSE_LIMIT_MS, clock);
    },
  };
}

const UNKNOWN_WITHIN = (limit: string): string =>
  `not every event was acknowledged within ${limit}; some may be stored: publish again, repeats are dropped`;

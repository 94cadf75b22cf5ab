import { type Clock, ParleyError, sleep, type Timer } from "@parley/core";
import type { ConnectionState, Envelope } from "@parley/transport";
import type { MessageToProduce } from "@platformatic/kafka";
import { encodeRecord, sizeOf } from "./envelope-headers.ts";
import { toKafkaError } from "./errors.ts";

export type Record = MessageToProduce<Buffer, Buffer, Buffer, Buffer>;

/** The events of one topic on their way, in the order in which they were given. */
export interface TopicLine {
  /** Sends them. Done when all are stored, or when Kafka refuses them, or was too far behind to begin with. */
  add(envelopes: readonly Envelope[]): Sending;
}

/** Events that were given together. */
export class Sending {
  readonly done: Promise<void>;
  #resolve: (() => void) | undefined;
  #reject: ((error: unknown) => void) | undefined;
  #left: number;

  constructor(count: number) {
    this.#left = count;
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  get isSettled(): boolean {
    return this.#resolve === undefined;
  }

  /** One of them is stored. */
  countDown(): void {
    this.#left -= 1;
    if (this.#left > 0) return;
    this.#resolve?.();
    this.#settle();
  }

  /** Nobody waits any longer: what is not with Kafka yet is not sent. */
  fail(error: unknown): void {
    this.#reject?.(error);
    this.#settle();
  }

  #settle(): void {
    this.#resolve = undefined;
    this.#reject = undefined;
  }
}

export interface TopicLineSettings {
  readonly topic: string;
  readonly send: (messages: Record[]) => Promise<void>;
  readonly clock: Clock;
  readonly onConnection: (state: ConnectionState) => void;
}

/** Sent at once when this much waits, else after the linger. */
const BATCH_BYTES = 16 * 1_024;
const LINGER_MS = 5;
/** One request carries a batch for each of several partitions. */
const REQUEST_BYTES = 8 * BATCH_BYTES;
const MAX_WAITING_BYTES = 32 * 1_024 * 1_024;
const RETRY_MS = 250;

/** One event that waits. */
interface Waiting {
  readonly envelope: Envelope;
  readonly bytes: number;
  readonly sending: Sending;
}

/**
 * One request at a time: with several, one that fails after the next was stored would turn the order around. What is given
 * meanwhile goes together with the next.
 */
export function createTopicLine({ topic, send, clock, onConnection }: TopicLineSettings): TopicLine {
  const waiting: Waiting[] = [];
  let waitingBytes = 0;
  let linger: Timer | undefined;
  let isSending = false;

  function plan(): void {
    if (isSending || waiting.length === 0) return;
    if (waitingBytes >= BATCH_BYTES) {
      linger?.cancel();
      linger = undefined;
      void flush();
    } else {
      linger ??= clock.setTimer(LINGER_MS, () => {
        linger = undefined;
        if (!isSending) void flush();
      });
    }
  }

  async function flush(): Promise<void> {
    isSending = true;
    const batch = takeBatch();
    try {
      if (batch.length > 0) await sendUntilSettled(batch);
    } finally {
      isSending = false;
    }
    plan();
  }

  function takeBatch(): Waiting[] {
    const batch: Waiting[] = [];
    let bytes = 0;
    let taken = 0;
    for (const next of waiting) {
      if (batch.length > 0 && bytes + next.bytes > REQUEST_BYTES) break;
      taken += 1;
      waitingBytes -= next.bytes;
      if (next.sending.isSettled) continue;
      batch.push(next);
      bytes += next.bytes;
    }
    waiting.splice(0, taken);
    return batch;
  }

  async function sendUntilSettled(batch: readonly Waiting[]): Promise<void> {
    for (;;) {
      const open = batch.filter(({ sending }) => !sending.isSettled);
      if (open.length === 0) return;
      try {
        await send(open.map(({ envelope }) => encodeRecord(topic, envelope)));
        onConnection("connected");
        for (const { sending } of open) sending.countDown();
        return;
      } catch (thrown) {
        const error = toKafkaError(thrown, `cannot publish on ${topic}`);
        if (error.code !== "UNAVAILABLE") {
          for (const { sending } of open) sending.fail(error);
          return;
        }
        onConnection("away");
      }
      // Kafka is away or not ready: again, for those who still wait. Each has its own end.
      await sleep(RETRY_MS, { clock });
    }
  }

  return {
    add(envelopes) {
      const sending = new Sending(envelopes.length);
      const given = envelopes.map((envelope) => ({ envelope, bytes: sizeOf(envelope), sending }));
      const bytes = given.reduce((sum, each) => sum + each.bytes, 0);
      if (waitingBytes > 0 && waitingBytes + bytes > MAX_WAITING_BYTES) {
        const message = `${waitingBytes} bytes wait already to be published on ${topic}: Kafka is slower than the publishers`;
        sending.fail(new ParleyError("RESOURCE_EXHAUSTED", message));
        return sending;
      }
      for (const each of given) waiting.push(each);
      waitingBytes += bytes;
      plan();
      return sending;
    },
  };
}

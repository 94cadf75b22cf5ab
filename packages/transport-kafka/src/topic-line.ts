import { type Aborting, type Clock, listenTo, ParleyError, sleep, type Timer, unlistenTo } from "@parley/core";
import type { Envelope } from "@parley/events";
import type { MessageToProduce } from "@platformatic/kafka";
import { encodeRecord, sizeOf } from "./envelope-headers.ts";
import { toKafkaError } from "./errors.ts";

export type Record = MessageToProduce<Buffer, Buffer, Buffer, Buffer>;

/** The events of one topic on their way, in the order in which they were given. */
export interface TopicLine {
  /** Resolves when all are stored. Rejects with the reason of an abort, or with what Kafka refuses. */
  add(envelopes: readonly Envelope[], aborting: Aborting): Promise<void>;
}

export interface TopicLineSettings {
  readonly topic: string;
  readonly send: (messages: Record[]) => Promise<void>;
  readonly clock: Clock;
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
  readonly call: Call;
}

/** One call of `add`. */
interface Call {
  readonly aborting: Aborting;
  readonly onAbort: () => void;
  left: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
  isSettled: boolean;
}

/**
 * One request at a time: with several, one that fails after the next was stored would turn the order around. What is given
 * meanwhile goes together with the next.
 */
export function createTopicLine({ topic, send, clock }: TopicLineSettings): TopicLine {
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
    while (waiting[0] && (batch.length === 0 || bytes + waiting[0].bytes <= REQUEST_BYTES)) {
      const [next] = waiting.splice(0, 1) as [Waiting];
      waitingBytes -= next.bytes;
      if (next.call.isSettled) continue;
      batch.push(next);
      bytes += next.bytes;
    }
    return batch;
  }

  async function sendUntilSettled(batch: readonly Waiting[]): Promise<void> {
    for (;;) {
      const open = batch.filter(({ call }) => !call.isSettled);
      if (open.length === 0) return;
      try {
        await send(open.map(({ envelope }) => encodeRecord(topic, envelope)));
        for (const { call } of open) countDown(call);
        return;
      } catch (thrown) {
        const error = toKafkaError(thrown, `cannot publish on ${topic}`);
        if (error.code !== "UNAVAILABLE") {
          for (const { call } of open) settle(call, error);
          return;
        }
      }
      // Kafka is away or not ready: again, for those who still wait. Each call has its own end.
      await sleep(RETRY_MS, { clock });
    }
  }

  function countDown(call: Call): void {
    call.left -= 1;
    if (call.left === 0) settle(call);
  }

  function settle(call: Call, error?: unknown): void {
    if (call.isSettled) return;
    call.isSettled = true;
    unlistenTo(call.aborting, call.onAbort);
    if (error === undefined) call.resolve();
    else call.reject(error);
  }

  return {
    add(envelopes, aborting) {
      if (aborting.aborted) return Promise.reject(aborting.reason);
      const sizes = envelopes.map(sizeOf);
      const bytes = sizes.reduce((sum, size) => sum + size, 0);
      if (waitingBytes > 0 && waitingBytes + bytes > MAX_WAITING_BYTES) {
        const message = `${waitingBytes} bytes wait already to be published on ${topic}: Kafka is slower than the publishers`;
        return Promise.reject(new ParleyError("RESOURCE_EXHAUSTED", message));
      }
      return new Promise((resolve, reject) => {
        const onAbort = (): void => settle(call, aborting.reason);
        const call: Call = { aborting, onAbort, left: envelopes.length, resolve, reject, isSettled: false };
        listenTo(aborting, onAbort);
        for (const [index, envelope] of envelopes.entries()) {
          waiting.push({ envelope, bytes: sizes[index] ?? 0, call });
        }
        waitingBytes += bytes;
        plan();
      });
    },
  };
}

import { type Executor, isParleyError, ParleyError } from "@parley/core";
import {
  type AbortLike,
  addAbortListener,
  deadlineExceeded,
  LazyAbort,
  LinkedQueue,
  type QueueNode,
} from "@parley/core/internal";
import { toStorableKey } from "@parley/events";
import type { Envelope, PublishOptions } from "@parley/transport";
import { abortError } from "../database-error.ts";
import { toAttributes } from "../envelope/attributes.ts";
import { toStoredData } from "../envelope/stored-data.ts";
import { detachContext } from "../outside-of-calls.ts";
import type { ResolvedTransportOptions } from "./options.ts";
import { isStorableJson } from "./storable-json.ts";

export interface Publisher {
  publish(topic: string, envelopes: readonly Envelope[], options?: PublishOptions): Promise<void>;
  /** Resolves when those under way have ended. */
  close(): Promise<void>;
}

interface Waiting {
  readonly topic: string;
  readonly envelopes: readonly Envelope[];
  readonly bytes: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
  readonly aborting: AbortLike;
  place: QueueNode | undefined;
}

/** What is published at the same time goes in one statement, as far as this; a larger publish goes alone. */
const MAX_BATCH_EVENTS = 1_000;
const MAX_BATCH_BYTES = 4 * 1_048_576;
/** Data that waits to be sent; more is refused, because it would only grow. */
const MAX_WAITING_BYTES = 64 * 1_048_576;

const INSERT = `
  INSERT INTO parley_events (topic, key, id, attributes, data, body)
  SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::json[], $5::json[], $6::bytea[])`;

/**
 * Writes to the log, one statement at a time: in the order given, and with what came meanwhile in the next one, which
 * shares one flush to disk.
 */
export function createPublisher(options: ResolvedTransportOptions, onPublished: () => void): Publisher {
  const { database, clock, publishTimeoutMs } = options;
  const waiting = new LinkedQueue<Waiting>();
  let waitingBytes = 0;
  let sending: Promise<void> | undefined;

  const take = (): readonly Waiting[] => {
    const batch: Waiting[] = [];
    let [events, bytes] = [0, 0];
    for (let one = waiting.first; one; one = waiting.first) {
      events += one.envelopes.length;
      bytes += one.bytes;
      if (batch.length > 0 && (events > MAX_BATCH_EVENTS || bytes > MAX_BATCH_BYTES)) break;
      leave(one);
      batch.push(one);
    }
    return batch;
  };

  const leave = (one: Waiting): void => {
    if (one.place?.remove()) waitingBytes -= one.bytes;
  };

  const sendAll = async (): Promise<void> => {
    while (waiting.length > 0) {
      const batch = take();
      try {
        await insert(database, batch, whenAllAborted(batch.map(({ aborting }) => aborting)));
        for (const one of batch) one.resolve();
        onPublished();
      } catch (error) {
        for (const one of batch) one.reject(error);
      }
    }
    sending = undefined;
  };

  return {
    async publish(topic, envelopes, { signal } = {}) {
      if (signal?.aborted) throw abortError(signal);
      const bytes = envelopes.reduce((sum, { data }) => sum + data.byteLength, 0);
      if (waitingBytes > 0 && waitingBytes + bytes > MAX_WAITING_BYTES) {
        const reason = `${waitingBytes} bytes of events wait to be published already`;
        throw new ParleyError("RESOURCE_EXHAUSTED", `${reason}; the database is slow or gone: publish again later`);
      }
      const limit = new LazyAbort();
      const onAbort = (): void => limit.abort(signal && abortError(signal));
      const timer = clock.setTimer(publishTimeoutMs, () =>
        limit.abort(deadlineExceeded(`publishing ${envelopes.length} events on ${topic}`)),
      );
      signal?.addEventListener("abort", onAbort, { once: true });
      try {
        await new Promise<void>((resolve, reject) => {
          const one: Waiting = { topic, envelopes, bytes, resolve, reject, aborting: limit, place: undefined };
          one.place = waiting.push(one);
          limit.listen((reason) => {
            leave(one);
            reject(reason);
          });
          waitingBytes += bytes;
          sending ??= detachContext(sendAll);
        });
      } finally {
        timer.cancel();
        signal?.removeEventListener("abort", onAbort);
      }
    },
    async close() {
      await sending;
    },
  };
}

/** Whoever gives up does so by itself, and the others go on; the statement is stopped when nobody waits for it. */
function whenAllAborted(all: readonly AbortLike[]): AbortSignal {
  const controller = new AbortController();
  let left = all.length;
  for (const aborting of all) {
    addAbortListener(aborting, () => {
      left -= 1;
      if (left === 0) controller.abort(aborting.reason);
    });
  }
  return controller.signal;
}

/** Data said to be JSON is stored as such, so that SQL can read it; the server knows best whether it is. */
async function insert(executor: Executor, batch: readonly Waiting[], signal: AbortSignal): Promise<void> {
  try {
    await executor.query(INSERT, columnsOf(batch, saysJson), { signal });
  } catch (error) {
    if (!isNotJson(error)) throw error;
    await executor.query(INSERT, columnsOf(batch, isStorableJson), { signal });
  }
}

function columnsOf(batch: readonly Waiting[], isJson: (envelope: Envelope) => boolean): readonly unknown[] {
  const events = batch.flatMap(({ topic, envelopes }) => envelopes.map((envelope) => ({ topic, envelope })));
  const data = events.map(({ envelope }) => {
    const stored = isJson(envelope) ? toStoredData(envelope.data) : { text: null, bytes: envelope.data };
    return stored;
  });
  return [
    events.map(({ topic }) => topic),
    events.map(({ envelope: { key } }) => (key === undefined ? undefined : toStorableKey(key))),
    events.map(({ envelope }) => toStorableKey(envelope.id)),
    events.map(({ envelope }) => toAttributes(envelope)),
    data.map(({ text }) => text),
    data.map(({ bytes }) => bytes),
  ];
}

function saysJson({ contentType, data }: Envelope): boolean {
  return data.byteLength > 0 && /[/+]json\b/i.test(contentType);
}

/** `invalid_text_representation`, and `statement_too_complex` for JSON that is nested too deep for the server. */
function isNotJson(error: unknown): boolean {
  const state = isParleyError(error) && (error.cause as { code?: unknown } | undefined)?.code;
  return state === "22P02" || state === "54001";
}

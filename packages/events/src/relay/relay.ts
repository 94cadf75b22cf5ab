import { isParleyError, neverAborts, type ParleyError, toParleyError } from "@parley/core";
import { createLoop, type Loop } from "../bus/loop.ts";
import type { BusParts } from "../bus/parts.ts";
import type { OutboxEntry, OutboxStore } from "../store/outbox-store.ts";

/** Letters of this group are events that the broker will never take: to replay one is to publish it again. */
export const OUTBOX_GROUP = "outbox";

/** Sends what the outbox holds. Several may run at once: the store leases an entry to one. */
export interface Relay {
  readonly loop: Loop;
  /** Sends until nothing is left that can be sent now. */
  flush(signal: AbortSignal): Promise<void>;
}

interface TopicResult {
  readonly sent: OutboxEntry[];
  readonly failed: OutboxEntry[];
  readonly error?: ParleyError;
}

/** Of the lease, what publishing may use: the rest is for settling it. */
const PUBLISH_SHARE = 0.5;

export function createRelay(parts: BusParts, outbox: OutboxStore): Relay {
  const { transport, settings, clock, random, logger, observe } = parts;

  /** One batch; true if there may be more at once. */
  async function relayBatch(): Promise<boolean> {
    const limit = settings.outboxBatch;
    // A stop cancels nothing: what was leased and not heard of would wait for the end of its lease, and what is being
    // published and not settled would be published twice.
    const entries = await outbox.lease({ limit, leaseMs: settings.outboxLeaseMs, signal: neverAborts });
    if (entries.length === 0) return false;
    const timeout = AbortSignal.timeout(settings.outboxLeaseMs * PUBLISH_SHARE);
    const results = await Promise.all(
      [...Map.groupBy(entries, ({ topic }) => topic)].map(([topic, own]) => publish(topic, own, timeout)),
    );
    await outbox.settle({
      sent: results.flatMap(({ sent }) => sent),
      // The loop's own backoff is the wait; another relay may have better luck.
      failed: results.flatMap(({ failed }) => failed.map((entry) => ({ entry, retryAfterMs: 0 }))),
    });
    const failure = results.find(({ error }) => error !== undefined)?.error;
    if (failure) throw failure;
    return entries.length === limit;
  }

  async function publish(topic: string, entries: OutboxEntry[], signal: AbortSignal): Promise<TopicResult> {
    const envelopes = entries.map(({ envelope }) => envelope);
    try {
      await transport.publish(topic, envelopes, { signal });
      observe({ type: "relayed", name: topic, count: entries.length, code: "OK" });
      return { sent: entries, failed: [] };
    } catch (thrown) {
      const error = toParleyError(thrown);
      observe({ type: "relayed", name: topic, count: entries.length, code: error.code });
      if (error.code === "INVALID_ARGUMENT") return refused(topic, entries, { error, signal });
      return { sent: [], failed: entries, error };
    }
  }

  /** The broker will not have one of these, ever: the others must not wait for it. */
  async function refused(
    topic: string,
    entries: OutboxEntry[],
    { error, signal }: { readonly error: ParleyError; readonly signal: AbortSignal },
  ): Promise<TopicResult> {
    const [entry] = entries;
    if (entries.length === 1 && entry) {
      const stored = await toDeadLetter(entry, error);
      return stored ? { sent: entries, failed: [] } : { sent: [], failed: entries, error };
    }
    const result = { sent: [] as OutboxEntry[], failed: [] as OutboxEntry[] };
    for (const [index, each] of entries.entries()) {
      const one = await publish(topic, [each], signal);
      result.sent.push(...one.sent);
      // What follows a failure stays behind it.
      if (one.error) return { sent: result.sent, failed: entries.slice(index), error: one.error };
    }
    return result;
  }

  async function toDeadLetter({ topic, envelope, attempts }: OutboxEntry, error: ParleyError): Promise<boolean> {
    const { database, deadLetters } = parts;
    if (!database || !deadLetters) return false;
    const now = clock.now();
    const reason = { code: error.code, message: error.message };
    const letter = { group: OUTBOX_GROUP, topic, envelope, reason, firstFailedAtMs: now, deadAtMs: now };
    await database.transaction((tx) => deadLetters.add(tx, { ...letter, attempts: attempts + 1 }));
    logger.error({ event: topic, id: envelope.id, ...reason }, "the broker refuses an event for good: a dead letter");
    return true;
  }

  const loop = createLoop({
    name: "the relay of the outbox",
    clock,
    random,
    logger,
    maxBackoffMs: settings.outboxMaxBackoffMs,
    turn: async () => ((await relayBatch()) ? 0 : settings.outboxPollMs),
  });

  return {
    loop,
    async flush(signal) {
      try {
        for (;;) {
          signal.throwIfAborted();
          if (!(await relayBatch())) return;
        }
      } catch (thrown) {
        const message = isParleyError(thrown) ? thrown.message : "stopped";
        logger.warn({ error: message }, "the outbox was not emptied: another process sends the rest");
      }
    },
  };
}

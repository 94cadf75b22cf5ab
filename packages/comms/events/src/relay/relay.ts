import { type Backoff, type ErrorCode, isParleyError, type ParleyError, toParleyError } from "@parley/core";
import { backoffDelayMs, neverAborts, timeLimit } from "@parley/core/internal";
import { failureReason } from "../consume/failure-reason.ts";
import { createLoop, type Loop } from "../loop.ts";
import type { BusParts } from "../parts.ts";
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
  readonly sent: readonly OutboxEntry[];
  readonly failed: readonly OutboxEntry[];
  readonly error?: ParleyError;
}

/** Of the lease, what publishing may use: the rest is for settling it. */
const PUBLISH_SHARE = 0.5;
/** The first wait of a topic that fails by itself. */
const TOPIC_BACKOFF_MS = 100;
/** Failures of the way to the broker, not of one topic there: everything waits. */
const WAY_FAILS: ReadonlySet<ErrorCode> = new Set(["UNAVAILABLE", "DEADLINE_EXCEEDED"]);

export function createRelay(parts: BusParts, outbox: OutboxStore): Relay {
  const { transport, settings, clock, random, logger, observe } = parts;
  const backoff: Backoff = {
    initialMs: TOPIC_BACKOFF_MS,
    maxMs: settings.outboxMaxBackoffMs,
    multiplier: 2,
    jitter: "equal",
  };
  /** Failures in a row, of topics that fail. */
  const failing = new Map<string, number>();

  /** One batch; true if there may be more at once. */
  async function relayBatch(): Promise<boolean> {
    const limit = settings.outboxBatch;
    // A stop cancels nothing: what was leased and not heard of would wait for the end of its lease, and what is being
    // published and not settled would be published twice.
    const entries = await outbox.lease({ limit, leaseMs: settings.outboxLeaseMs, signal: neverAborts });
    if (entries.length === 0) return false;
    const time = timeLimit(settings.outboxLeaseMs * PUBLISH_SHARE, { clock });
    const publishing = [...Map.groupBy(entries, ({ topic }) => topic)].map(async ([topic, own]) => {
      const result = await publish(topic, own, time.signal);
      return { ...result, retryAfterMs: retryAfterMs(topic, result.error) };
    });
    const results = await Promise.all(publishing).finally(() => time.release());
    await outbox.settle({
      sent: results.flatMap(({ sent }) => sent),
      failed: results.flatMap(({ failed, retryAfterMs }) => failed.map((entry) => ({ entry, retryAfterMs }))),
    });
    const failure = results.find(({ error }) => error && WAY_FAILS.has(error.code))?.error;
    if (failure) throw failure;
    return entries.length === limit;
  }

  /** While the way fails it is the loop that waits, and another relay may have better luck. */
  function retryAfterMs(topic: string, error: ParleyError | undefined): number {
    if (!error) failing.delete(topic);
    if (!error || WAY_FAILS.has(error.code)) return 0;
    const failures = (failing.get(topic) ?? 0) + 1;
    failing.set(topic, failures);
    logger.warn(
      { event: topic, code: error.code, error: error.message, failures },
      "the broker refuses events for now",
    );
    return Math.round(backoffDelayMs(backoff, failures, random));
  }

  async function publish(topic: string, entries: readonly OutboxEntry[], signal: AbortSignal): Promise<TopicResult> {
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
    entries: readonly OutboxEntry[],
    { error, signal }: { readonly error: ParleyError; readonly signal: AbortSignal },
  ): Promise<TopicResult> {
    const [entry] = entries;
    if (entries.length === 1 && entry) {
      const stored = await toDeadLetter(entry, error);
      return stored ? { sent: entries, failed: [] } : { sent: [], failed: entries, error };
    }
    for (const [index, each] of entries.entries()) {
      const one = await publish(topic, [each], signal);
      // What follows a failure stays behind it.
      if (one.error) return { sent: entries.slice(0, index), failed: entries.slice(index), error: one.error };
    }
    return { sent: entries, failed: [] };
  }

  async function toDeadLetter({ topic, envelope, attempts }: OutboxEntry, error: ParleyError): Promise<boolean> {
    const { database, deadLetters } = parts;
    if (!database || !deadLetters) return false;
    const now = clock.now();
    const reason = failureReason(error);
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

import type { Transaction } from "@parley/core";
import { toParleyError } from "@parley/core";
import { type ConsumeHandler, withDeadline } from "@parley/core/internal";
import type { Delivery, DeliveryHandler, Envelope, Outcome } from "@parley/transport";
import { fromContextAttributes } from "../context/context-attributes.ts";
import type { BatchContext } from "../event-bus.ts";
import type { BusParts } from "../parts.ts";
import { admit } from "./admit.ts";
import { BatchAttempt } from "./attempt-context.ts";
import { handleEvent } from "./handle-event.ts";
import { createAttempts } from "./settle-delivery.ts";
import type { ResolvedBatching, ResolvedSubscription } from "./subscription.ts";

/** Calls the handler of a batch. */
export type BoundBatchHandler = (envelopes: readonly Envelope[], context: BatchContext) => Promise<void>;

interface Waiting {
  readonly delivery: Delivery;
  readonly settle: (outcome: Outcome) => void;
}

type BatchOutcome = "done" | "repeat" | "blocked";

/**
 * Gathers deliveries and handles them in one transaction. Those of a batch that fails are handled one by one, so that
 * only the one at fault is tried again; those that failed before stay out of batches.
 */
export function createBatchHandler(
  parts: BusParts,
  subscription: ResolvedSubscription,
  { maxSize, maxWaitMs }: ResolvedBatching,
  effect: BoundBatchHandler,
): DeliveryHandler {
  const attempts = createAttempts(parts, subscription);
  let waiting: Waiting[] = [];
  let cancelTimer = (): void => {};

  function flush(): void {
    cancelTimer();
    const batch = waiting;
    waiting = [];
    if (batch.length > 0) void handle(batch);
  }

  async function handle(batch: readonly Waiting[]): Promise<void> {
    const outcomes = await tryTogether(batch.map(({ delivery }) => delivery));
    for (const [index, { delivery, settle }] of batch.entries()) {
      const together = outcomes?.[index];
      settle(await (together ? attempts.make(delivery, async () => together) : alone(delivery)));
    }
  }

  function alone(delivery: Delivery): Promise<Outcome> {
    const { topic, envelope, signal } = delivery;
    return attempts.make(delivery, (attempt) =>
      handleEvent(parts, subscription, (event, context) => effect([event], context), {
        topic,
        envelope,
        attempt,
        signal,
      }),
    );
  }

  async function tryTogether(deliveries: readonly Delivery[]): Promise<readonly BatchOutcome[] | undefined> {
    const [first] = deliveries;
    if (!first || deliveries.length === 1) return undefined;
    const { database, clock, ids, logger } = parts;
    const { event, group, policy } = subscription;
    let outcomes: readonly BatchOutcome[] = deliveries.map(() => "done");
    const innermost: ConsumeHandler = ({ context }) =>
      withDeadline(
        context,
        async (limited) => {
          if (!database) return callHandler(deliveries, new BatchAttempt(subscription.noTransaction, limited));
          await database.transaction(
            async (tx) => {
              outcomes = await recordAll(tx, deliveries);
              const fresh = deliveries.filter((_, index) => outcomes[index] === "done");
              if (fresh.length > 0) await callHandler(fresh, new BatchAttempt(tx, limited));
            },
            { signal: limited.signal },
          );
        },
        clock,
      );
    const run = parts.interceptors.reduceRight((next, interceptor) => interceptor(next), innermost);
    const signal = AbortSignal.any(deliveries.map((delivery) => delivery.signal));
    const { context } = fromContextAttributes({}, { ids, clock, timeoutMs: policy.timeoutMs, signal });
    try {
      await run({ kind: "event", name: event.name, group, id: first.envelope.id, attempt: first.attempt, context });
      return outcomes;
    } catch (thrown) {
      const { code, message } = toParleyError(thrown);
      const size = deliveries.length;
      logger.warn({ event: event.name, group, size, code, error: message }, "a batch failed: its events go one by one");
      return undefined;
    }
  }

  function callHandler(deliveries: readonly Delivery[], context: BatchContext): Promise<void> {
    return effect(
      deliveries.map(({ envelope }) => envelope),
      context,
    );
  }

  async function recordAll(tx: Transaction, deliveries: readonly Delivery[]): Promise<readonly BatchOutcome[]> {
    const outcomes: BatchOutcome[] = [];
    for (const delivery of deliveries) outcomes.push(await admit(parts, subscription, delivery, tx));
    return outcomes;
  }

  return (delivery) => {
    if (attempts.hasFailed(delivery)) return alone(delivery);
    return new Promise((settle) => {
      waiting.push({ delivery, settle });
      if (waiting.length >= maxSize) return flush();
      if (waiting.length > 1) return;
      const timer = parts.clock.setTimer(maxWaitMs, flush);
      cancelTimer = () => timer.cancel();
    });
  };
}

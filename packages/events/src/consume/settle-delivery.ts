import { type HandlingOutcome, type ParleyError, toParleyError } from "@parley/core";
import type { BusParts } from "../bus/parts.ts";
import { correlationOf } from "../context/context-attributes.ts";
import type { Delivery, DeliveryHandler, Outcome } from "../transport/event-transport.ts";
import { bury } from "./bury.ts";
import { createFailureMemory, type Failure, isFinal, isOutage, retryDelayMs } from "./failures.ts";
import { type Effect, handleEvent } from "./handle-event.ts";
import { HandlerFailure, withoutMark } from "./handler-failure.ts";
import type { ResolvedSubscription } from "./subscription.ts";

/** The attempts of one subscription at its deliveries. */
export interface Attempts {
  /** Counts one attempt, and says what became of the delivery. */
  make(delivery: Delivery, run: (attempt: number) => Promise<"done" | "repeat" | "blocked">): Promise<Outcome>;
  hasFailed(delivery: Delivery): boolean;
}

/** What failed around the handler is tried again soon: it is no fault of the event. */
const SOON = 1;
/** While dead letters cannot be stored nothing is acknowledged; more often than this is no help. */
const LESS_SOON = 2;

/** From what a handler does to what the broker is told: retries and dead letters. */
export function createAttempts(parts: BusParts, subscription: ResolvedSubscription): Attempts {
  const { clock, random, logger, observe } = parts;
  const { event, group, policy } = subscription;
  const failures = createFailureMemory();

  const keyOf = ({ envelope }: Delivery): string => `${envelope.source} ${envelope.id}`;

  const make: Attempts["make"] = async (delivery, run) => {
    const { envelope, lost = delivery.signal } = delivery;
    const eventKey = keyOf(delivery);
    const before = failures.get(eventKey);
    const startMs = performance.now();
    const tell = (outcome: HandlingOutcome, attempt: number, error?: ParleyError): void => {
      const durationMs = performance.now() - startMs;
      const code = error?.code ?? "OK";
      const ageMs = clock.now() - envelope.timeMs;
      observe({ type: "handled", kind: "event", name: event.name, group, outcome, code, durationMs, ageMs });
      if (outcome !== "dead" && outcome !== "blocked") return;
      const { id, key, extensions } = envelope;
      const correlationId = correlationOf(extensions);
      const fields = { event: event.name, group, id, key, attempt, code, correlationId };
      if (outcome === "blocked") logger.warn(fields, "the event waits behind a dead letter of its key");
      else logger.error({ ...fields, error: error?.message, err: error?.cause }, "the event is a dead letter");
    };

    if (before?.isFinal) return toDeadLetter(before);
    const attempt = (before?.attempts ?? delivery.attempt - 1) + 1;
    try {
      const outcome = await run(attempt);
      failures.delete(eventKey);
      tell(outcome, attempt);
      return "done";
    } catch (thrown) {
      // It is another member's now, which counts for itself.
      if (lost.aborted) return { retryAfterMs: 0 };
      if (!isOfHandler(thrown)) return innocent(toParleyError(thrown));
      const error = toParleyError(withoutMark(thrown));
      const nowMs = clock.now();
      const firstFailedAtMs = before?.firstFailedAtMs ?? nowMs;
      const outages = (before?.outages ?? 0) + (isOutage(error) ? 1 : 0);
      const failed = { attempts: attempt, outages, failingForMs: nowMs - firstFailedAtMs };
      const failure: Failure = {
        attempts: attempt,
        outages,
        error,
        firstFailedAtMs,
        isFinal: isFinal(error, failed, policy),
      };
      failures.set(eventKey, failure);
      if (failure.isFinal) return toDeadLetter(failure);
      tell("retry", attempt, error);
      return { retryAfterMs: retryDelayMs(error, attempt, policy, random) };
    }

    /** What surrounds the handler failed: the event keeps its attempts, also those that the broker counts on. */
    function innocent(error: ParleyError): Outcome {
      const none = { attempts: attempt - 1, outages: 0, error, firstFailedAtMs: clock.now(), isFinal: false };
      failures.set(eventKey, before ?? none);
      tell("retry", attempt, error);
      return { retryAfterMs: retryDelayMs(error, SOON, policy, random) };
    }

    async function toDeadLetter(failure: Failure): Promise<Outcome> {
      try {
        await bury(parts, { group, topic: delivery.topic, envelope }, failure);
      } catch (thrown) {
        // UNAVAILABLE may have the same cause as this: once that is mended the event deserves its attempts.
        if (failure.error.code === "UNAVAILABLE") failures.delete(eventKey);
        const { code, message } = toParleyError(thrown);
        logger.error({ event: event.name, group, id: envelope.id, code, error: message }, "cannot store a dead letter");
        return { retryAfterMs: retryDelayMs(failure.error, LESS_SOON, policy, random) };
      }
      failures.delete(eventKey);
      tell("dead", failure.attempts, failure.error);
      return "done";
    }
  };
  return { make, hasFailed: (delivery) => failures.get(keyOf(delivery)) !== undefined };
}

/** A handler that ran out of time failed too, whoever noticed it. */
function isOfHandler(thrown: unknown): boolean {
  return thrown instanceof HandlerFailure || toParleyError(thrown).code === "DEADLINE_EXCEEDED";
}

/** Handles events one by one. */
export function createDeliveryHandler(
  parts: BusParts,
  subscription: ResolvedSubscription,
  effect: Effect,
): DeliveryHandler {
  const attempts = createAttempts(parts, subscription);
  return (delivery) =>
    attempts.make(delivery, (attempt) => {
      const { topic, envelope, lost: signal = delivery.signal } = delivery;
      return handleEvent(parts, subscription, effect, { topic, envelope, attempt, signal });
    });
}

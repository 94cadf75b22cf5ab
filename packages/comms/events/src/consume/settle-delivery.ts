import { type ParleyError, toParleyError } from "@parley/core";
import type { ConsumptionOutcome } from "@parley/core/internal";
import type { Delivery, DeliveryHandler, Outcome } from "@parley/transport";
import { correlationOf } from "../context/context-attributes.ts";
import type { BusParts } from "../parts.ts";
import { bury } from "./bury.ts";
import {
  createFailureMemory,
  type Failure,
  isFinal,
  isOfSurroundings,
  isOutage,
  retryDelayMs,
  setbackDelayMs,
} from "./failures.ts";
import { type Effect, handleEvent } from "./handle-event.ts";
import { HandlerFailure, withoutMark } from "./handler-failure.ts";
import type { ResolvedSubscription } from "./subscription.ts";

/** The attempts of one subscription at its deliveries. */
export interface Attempts {
  /** Counts one attempt, and says what became of the delivery. */
  make(delivery: Delivery, run: (attempt: number) => Promise<"done" | "repeat" | "blocked">): Promise<Outcome>;
  hasFailed(delivery: Delivery): boolean;
}

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
    const tell = (outcome: ConsumptionOutcome, attempt: number, error?: ParleyError): void => {
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
      const error = toParleyError(withoutMark(thrown));
      if (!(thrown instanceof HandlerFailure) && isOfSurroundings(error)) return innocent(error);
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
      tell("retry", attempt, error);
      return setBack(before ?? none, "what surrounds the handler of an event failed: it is tried again", error);
    }

    /** Failures of what is no attempt have no limit of their own, because nothing may be lost; each is logged, and the pauses grow. */
    function setBack(failure: Failure, message: string, error: ParleyError): Outcome {
      const setbacks = (failure.setbacks ?? 0) + 1;
      failures.set(eventKey, { ...failure, setbacks });
      const retryAfterMs = setbackDelayMs(setbacks, policy, random);
      const fields = { event: event.name, group, id: envelope.id, code: error.code, error: error.message };
      const level = failure.isFinal ? "error" : "warn";
      logger[level]({ ...fields, err: error.cause, failures: setbacks, retryAfterMs }, message);
      return { retryAfterMs };
    }

    async function toDeadLetter(failure: Failure): Promise<Outcome> {
      try {
        await bury(parts, { group, topic: delivery.topic, envelope }, failure);
      } catch (thrown) {
        const outcome = setBack(failure, "cannot store a dead letter", toParleyError(thrown));
        // UNAVAILABLE may have the same cause as this: once that is mended the event deserves its attempts.
        if (failure.error.code === "UNAVAILABLE") failures.set(eventKey, renewed(failure));
        return outcome;
      }
      failures.delete(eventKey);
      tell("dead", failure.attempts, failure.error);
      return "done";
    }
  };
  /** The event has all its attempts again; the pauses go on growing. */
  function renewed(failure: Failure): Failure {
    const setbacks = (failure.setbacks ?? 0) + 1;
    return { ...failure, setbacks, attempts: 0, outages: 0, firstFailedAtMs: clock.now(), isFinal: false };
  }

  return { make, hasFailed: (delivery) => failures.get(keyOf(delivery)) !== undefined };
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

import { backoffDelayMs, type ParleyError, type Random } from "@parley/core";
import type { EventPolicy } from "../bus/policy.ts";

/** What went wrong with one event so far, at one consumer. */
export interface Failure {
  readonly attempts: number;
  /** How many of the attempts failed because something was unavailable: they do not count towards the policy's limit. */
  readonly outages: number;
  readonly error: ParleyError;
  readonly firstFailedAtMs: number;
  /** No more attempts: it only waits to become a dead letter. */
  readonly isFinal: boolean;
}

/**
 * Failures of events that come again. Brokers count deliveries, and forget, and count what was no attempt; so the bus
 * counts. What is too much is forgotten, oldest first: such an event gets more attempts than promised, and none fewer.
 */
export interface FailureMemory {
  get(eventKey: string): Failure | undefined;
  set(eventKey: string, failure: Failure): void;
  delete(eventKey: string): void;
}

const MAX_REMEMBERED = 10_000;

export function createFailureMemory(): FailureMemory {
  const failures = new Map<string, Failure>();
  return {
    // Nearly always there are none: then the key, which was just put together, need not be hashed.
    get: (eventKey) => (failures.size === 0 ? undefined : failures.get(eventKey)),
    set(eventKey, failure) {
      failures.delete(eventKey);
      failures.set(eventKey, failure);
      if (failures.size <= MAX_REMEMBERED) return;
      const [oldest] = failures.keys();
      if (oldest !== undefined) failures.delete(oldest);
    },
    delete: (eventKey) => void (failures.size > 0 && failures.delete(eventKey)),
  };
}

/**
 * Whether an attempt failed because something that its handler needs is unavailable: a service behind an open breaker, a
 * broker, a mail server. Time mends that and the number of attempts does not, so such an attempt does not count.
 */
export function isOutage(error: ParleyError): boolean {
  return error.code === "UNAVAILABLE";
}

/** Whether no attempt follows: the code is terminal, the attempts that count are used up, or the outage lasts too long. */
export function isFinal(
  error: ParleyError,
  failed: { readonly attempts: number; readonly outages: number; readonly failingForMs: number },
  policy: EventPolicy,
): boolean {
  if (policy.terminalCodes.includes(error.code)) return true;
  if (isOutage(error)) return policy.maxAttempts === 1 || failed.failingForMs >= policy.outageLimitMs;
  return failed.attempts - failed.outages >= policy.maxAttempts;
}

/** No error can ask for a longer wait: a timer beyond 2^31 ms would fire at once. */
const MAX_ASKED_MS = 3_600_000;

/**
 * How long to wait before the next attempt: what the error asks for, else the policy's backoff. In an outage it is the sum
 * of both: an open breaker asks for the time that it stays open, and an attempt at just that moment would compete with
 * all the others for its few trial calls.
 */
export function retryDelayMs(error: ParleyError, attempts: number, policy: EventPolicy, random: Random): number {
  const askedMs = Math.min(error.detail("retry_info")?.retryAfterMs ?? 0, MAX_ASKED_MS);
  const backoffMs = backoffDelayMs(policy.backoff, Math.max(1, attempts), random);
  return Math.round(isOutage(error) ? askedMs + backoffMs : Math.max(askedMs, backoffMs));
}

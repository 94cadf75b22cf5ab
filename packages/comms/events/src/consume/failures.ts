import type { ErrorCode, ParleyError, Random } from "@parley/core";
import { backoffDelayMs } from "@parley/core/internal";
import type { EventPolicy } from "../policy.ts";

/** What went wrong with one event so far, at one consumer. */
export interface Failure {
  readonly attempts: number;
  /** How many of the attempts failed because something was unavailable: they do not count towards the policy's limit. */
  readonly outages: number;
  readonly error: ParleyError;
  readonly firstFailedAtMs: number;
  /** Failures in a row that are no attempts: of what surrounds the handler, or of storing the dead letter. The pauses grow with them. */
  readonly setbacks?: number;
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

/** Codes of what time mends: the database is away, full or busy, a concurrent change won, a statement was cancelled. */
const OF_SURROUNDINGS: ReadonlySet<ErrorCode> = new Set(["UNAVAILABLE", "RESOURCE_EXHAUSTED", "ABORTED", "CANCELLED"]);

/**
 * Whether a failure around the handler (the inbox, the commit, an interceptor) is no fault of the event, so that it keeps its
 * attempts. Anything else would fail again, so it counts like a failure of the handler, and ends as a dead letter.
 */
export function isOfSurroundings(error: ParleyError): boolean {
  return OF_SURROUNDINGS.has(error.code);
}

/** Once what failed is back, no event waits longer than this for it. */
const MAX_SETBACK_MS = 5_000;

/** How long to wait after failures in a row that are no attempts. */
export function setbackDelayMs(setbacks: number, policy: EventPolicy, random: Random): number {
  return Math.min(MAX_SETBACK_MS, Math.round(backoffDelayMs(policy.backoff, setbacks, random)));
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

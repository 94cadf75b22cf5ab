import { backoffDelayMs, type ParleyError, type Random } from "@parley/core";
import type { EventPolicy } from "../bus/policy.ts";

/** What went wrong with one event so far, at one consumer. */
export interface Failure {
  readonly attempts: number;
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

/** Whether this was the last attempt. */
export function isFinal(error: ParleyError, attempts: number, policy: EventPolicy): boolean {
  return attempts >= policy.maxAttempts || policy.terminalCodes.includes(error.code);
}

/** How long to wait before the next attempt: what the error asks for, else the policy's backoff. */
export function retryDelayMs(error: ParleyError, attempts: number, policy: EventPolicy, random: Random): number {
  const asked = error.detail("retry_info")?.retryAfterMs ?? 0;
  return Math.round(Math.max(asked, backoffDelayMs(policy.backoff, Math.max(1, attempts), random)));
}

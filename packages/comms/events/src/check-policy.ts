import { COUNT, checkNumbers, LIMIT, SPAN } from "./definition/check-numbers.ts";
import type { BusSettings, EventPolicy } from "./policy.ts";

/** @throws ParleyError INVALID_ARGUMENT that names every number of the policy that is out of bounds. */
export function checkPolicy(name: string, policy: EventPolicy): EventPolicy {
  const { backoff } = policy;
  checkNumbers(name, policy, {
    maxAttempts: COUNT,
    outageLimitMs: SPAN,
    concurrency: COUNT,
    timeoutMs: LIMIT,
    acknowledgeWithinMs: LIMIT,
  });
  checkNumbers(`the backoff of ${name}`, backoff, { initialMs: SPAN, maxMs: SPAN, multiplier: { min: 1 } });
  return policy;
}

/** @throws ParleyError INVALID_ARGUMENT that names every setting that is out of bounds. */
export function checkSettings(service: string, settings: BusSettings): BusSettings {
  checkNumbers(`the bus of ${service}`, settings, {
    outboxPollMs: LIMIT,
    outboxBatch: COUNT,
    outboxLeaseMs: LIMIT,
    outboxMaxBackoffMs: LIMIT,
    inboxRetentionMs: LIMIT,
    cleanUpMs: LIMIT,
    lagMs: LIMIT,
    replayPollMs: LIMIT,
    replayPerSecond: PER_SECOND,
    workPollMs: LIMIT,
  });
  return settings;
}

/** Slower than one in a quarter of an hour is no pace. */
export const PER_SECOND = { min: 0.001, max: 1_000_000 };

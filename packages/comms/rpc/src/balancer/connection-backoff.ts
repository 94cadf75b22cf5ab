import type { Random } from "@parley/core";

/**
 * How long an address rests after a dial that failed: 100 ms, then 1.6 times as long each time, at most 3 s, each
 * spread by 20 % either way so that clients which lost a server together do not return together.
 *
 * gRPC's own numbers begin at 1 s and end at 120 s. Shorter ones cost little inside one system, and a service that is
 * restarted is found again at once, and within 5 s after a long absence.
 *
 * @see https://github.com/grpc/grpc/blob/master/doc/connection-backoff.md
 */
const INITIAL_MS = 100;
const MAX_MS = 3_000;
const MULTIPLIER = 1.6;
const JITTER = 0.2;

/** The rest after the `failures`-th failed dial in a row (from 1). */
export function connectionBackoffMs(failures: number, random: Random): number {
  const lengthMs = Math.min(MAX_MS, INITIAL_MS * MULTIPLIER ** (failures - 1));
  return lengthMs * (1 + JITTER * (2 * random.next() - 1));
}

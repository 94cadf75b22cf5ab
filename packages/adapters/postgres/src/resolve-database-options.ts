import { type Clock, type Logger, noopLogger, type Random, systemClock } from "@parley/core";
import { systemRandom } from "@parley/core/internal";

/** Limits and helpers that every database takes. */
export interface DatabaseOptions {
  /** How many statements and transactions run at once. Default 10; the embedded database has one connection. */
  readonly maxConnections?: number | undefined;
  /** How many may wait for a connection before the next is refused with RESOURCE_EXHAUSTED. Default 1000. */
  readonly maxWaiting?: number | undefined;
  /** How long opening a connection may take. Default 5000. */
  readonly connectTimeoutMs?: number | undefined;
  /** No statement takes longer, its wait for a connection included; the deadline of its call can be sooner. Default 30,000. */
  readonly queryTimeoutMs?: number | undefined;
  /** No transaction stays open longer, so that a forgotten one cannot hold locks for ever. Default 60,000. */
  readonly transactionTimeoutMs?: number | undefined;
  /** How long {@link Database.close} waits for running work. Default 10,000. */
  readonly closeTimeoutMs?: number | undefined;
  readonly logger?: Logger | undefined;
  readonly clock?: Clock | undefined;
  readonly random?: Random | undefined;
}

export interface ResolvedDatabaseOptions {
  readonly maxConnections: number;
  readonly maxWaiting: number;
  readonly connectTimeoutMs: number;
  readonly queryTimeoutMs: number;
  readonly transactionTimeoutMs: number;
  readonly closeTimeoutMs: number;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly random: Random;
}

const DEFAULT_LIMITS = {
  maxConnections: 10,
  maxWaiting: 1_000,
  connectTimeoutMs: 5_000,
  queryTimeoutMs: 30_000,
  transactionTimeoutMs: 60_000,
  closeTimeoutMs: 10_000,
} as const;

/** @throws TypeError that names every option that is wrong. */
export function resolveDatabaseOptions(options: DatabaseOptions): ResolvedDatabaseOptions {
  const limits: Record<keyof typeof DEFAULT_LIMITS, number> = { ...DEFAULT_LIMITS };
  const problems: string[] = [];
  for (const name of Object.keys(DEFAULT_LIMITS) as (keyof typeof DEFAULT_LIMITS)[]) {
    const value = options[name] ?? DEFAULT_LIMITS[name];
    if (!Number.isSafeInteger(value) || value < 1) problems.push(`${name} must be a positive integer, got ${value}`);
    limits[name] = value;
  }
  if (problems.length > 0) throw new TypeError(problems.join("; "));
  const { logger = noopLogger, clock = systemClock, random = systemRandom } = options;
  return { ...limits, logger, clock, random };
}

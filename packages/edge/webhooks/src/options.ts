import { type BusObserver, type Clock, type Logger, noopLogger, type Random, systemClock } from "@parley/core";
import { systemRandom } from "@parley/core/internal";
import type { WebhookTargets } from "./send/target.ts";
import type { WebhookStore } from "./store/webhook-store.ts";

export interface WebhooksOptions {
  readonly store: WebhookStore;
  /** Where messages may go. Default `public`. */
  readonly targets?: WebhookTargets;
  /** Waits after each failed attempt; there is one attempt more than waits. Default {@link DEFAULT_RETRY_AFTER_MS}. */
  readonly retryAfterMs?: readonly number[];
  /** How long a receiver may take to answer. Default 15 s. */
  readonly timeoutMs?: number;
  /** Attempts at once, over all endpoints, and for one endpoint. Default 16 and 4. */
  readonly concurrency?: number;
  readonly concurrencyPerEndpoint?: number;
  /** How often the store is asked for what is due, beside the wake-up after a commit of this process. Default 2 s. */
  readonly pollMs?: number;
  /** How long the log of what is settled is kept. Default 7 d. */
  readonly keepLogMs?: number;
  /** Called every 10 s with how many deliveries wait: `due` ones, and those that have failed and are made again `later`. Default none. */
  readonly observe?: BusObserver;
  readonly logger?: Logger;
  readonly clock?: Clock;
  readonly random?: Random;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** Nine attempts over about 28 hours, as Standard Webhooks suggests: a receiver may be down for a night. */
export const DEFAULT_RETRY_AFTER_MS: readonly number[] = [
  ...[5_000, 5 * MINUTE_MS, 30 * MINUTE_MS],
  ...[2 * HOUR_MS, 5 * HOUR_MS, 10 * HOUR_MS, 10 * HOUR_MS],
];

export type ResolvedWebhooksOptions = Required<WebhooksOptions>;

/** @throws TypeError that lists everything wrong with the options. */
export function resolveWebhooksOptions(options: WebhooksOptions): ResolvedWebhooksOptions {
  const resolved = {
    store: options.store,
    targets: options.targets ?? "public",
    retryAfterMs: options.retryAfterMs ?? DEFAULT_RETRY_AFTER_MS,
    timeoutMs: options.timeoutMs ?? 15_000,
    concurrency: options.concurrency ?? 16,
    concurrencyPerEndpoint: options.concurrencyPerEndpoint ?? 4,
    pollMs: options.pollMs ?? 2_000,
    keepLogMs: options.keepLogMs ?? 7 * 24 * HOUR_MS,
    observe: options.observe ?? (() => {}),
    logger: options.logger ?? noopLogger,
    clock: options.clock ?? systemClock,
    random: options.random ?? systemRandom,
  } as const;
  const numbers = ["timeoutMs", "concurrency", "concurrencyPerEndpoint", "pollMs", "keepLogMs"] as const;
  const problems = [
    ...numbers
      .filter((key) => !(Number.isFinite(resolved[key]) && resolved[key] > 0))
      .map((key) => `${key} must be a positive number, got ${resolved[key]}`),
    ...resolved.retryAfterMs
      .filter((waitMs) => !(Number.isFinite(waitMs) && waitMs >= 0))
      .map((waitMs) => `retryAfterMs must be waits of 0 or more, got ${waitMs}`),
  ];
  if (problems.length > 0) throw new TypeError(`webhooks: ${problems.join("; ")}`);
  return resolved;
}

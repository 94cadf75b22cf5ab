import { type Backoff, sleep, type Timer } from "@parley/core";
import { backoffDelayMs } from "@parley/core/internal";
import { makeAttempt } from "./attempt.ts";
import type { ResolvedWebhooksOptions } from "./options.ts";
import type { LeasedDelivery } from "./store/webhook-store.ts";

/** Sends what is due, until it is drained. */
export interface Deliverer {
  start(): void;
  /** Something may be due. */
  wake(): void;
  /** Takes nothing more, and lets running attempts finish until `signal` aborts; those are made again later. Idempotent. */
  drain(signal?: AbortSignal): Promise<void>;
}

/** What a lease has beyond the attempt itself, to be settled in. */
const SETTLE_MS = 30_000;
const FORGET_EVERY_MS = 3_600_000;
const COUNT_EVERY_MS = 10_000;
/** While the store cannot be read; a commit of this process still wakes the deliverer. */
const UNREADABLE_BACKOFF: Backoff = { initialMs: 1_000, maxMs: 60_000, multiplier: 2, jitter: "equal" };

export function createDeliverer(options: ResolvedWebhooksOptions): Deliverer {
  const { store, clock, logger, random, concurrency, concurrencyPerEndpoint, timeoutMs, pollMs, keepLogMs, observe } =
    options;
  const stop = new AbortController();
  const cut = new AbortController();
  const running = new Map<Promise<void>, string>();
  let wakeUp = new AbortController();
  let loop: Promise<void> | undefined;
  let housekeeping: Timer | undefined;
  let counting: Timer | undefined;

  async function run(): Promise<void> {
    for (let failures = 0; !stop.signal.aborted; ) {
      try {
        const found = await take();
        failures = 0;
        if (!found) await rest(pollMs);
      } catch (error) {
        failures += 1;
        const retryAfterMs = Math.max(pollMs, Math.round(backoffDelayMs(UNREADABLE_BACKOFF, failures, random)));
        logger.warn({ err: error, failures, retryAfterMs }, "webhooks that are due could not be read");
        await rest(retryAfterMs);
      }
    }
  }

  /** False if there is nothing to do for now. Rejects when the store cannot be read. */
  async function take(): Promise<boolean> {
    const limit = concurrency - running.size;
    if (limit <= 0) {
      await Promise.race(running.keys());
      return true;
    }
    const leased = await store.deliveries.lease({
      limit,
      limitPerEndpoint: concurrencyPerEndpoint,
      busy: [...new Set(running.values())],
      nowMs: clock.now(),
      leaseMs: timeoutMs + SETTLE_MS,
    });
    for (const delivery of leased) begin(delivery);
    return leased.length > 0;
  }

  function begin(delivery: LeasedDelivery): void {
    const attempt = deliver(delivery).catch((error: unknown) => {
      logger.warn({ err: error, endpointId: delivery.endpoint.id }, "a webhook could not be settled: it is sent again");
    });
    running.set(attempt, delivery.endpoint.id);
    void attempt.finally(() => {
      running.delete(attempt);
      wake(); // the endpoint may have more
    });
  }

  async function deliver(delivery: LeasedDelivery): Promise<void> {
    const { endpoint, message } = delivery;
    const { attempt, outcome, isGone } = await makeAttempt(delivery, options, cut.signal);
    if (cut.signal.aborted && attempt.status === undefined) return; // its lease runs out
    if (isGone) await store.endpoints.disable(endpoint, "the receiver answered 410 Gone");
    await store.deliveries.settle(delivery, attempt, outcome);
    const fields = { endpointId: endpoint.id, messageId: message.id, event: message.event, attempt: delivery.attempt };
    if (outcome === "delivered") logger.debug({ ...fields, durationMs: attempt.durationMs }, "webhook delivered");
    else logger.warn({ ...fields, status: attempt.status, error: attempt.error, outcome }, "webhook not delivered");
  }

  /** Until the next poll, or a wake-up. */
  async function rest(limitMs: number): Promise<void> {
    const { signal } = wakeUp;
    await sleep(limitMs, { signal, clock }).catch(() => {});
    if (signal.aborted) wakeUp = new AbortController();
  }

  function wake(): void {
    wakeUp.abort();
  }

  function keepHouse(): void {
    housekeeping = clock
      .setTimer(FORGET_EVERY_MS, () => {
        store.log
          .forget(clock.now() - keepLogMs)
          .catch((error: unknown) => logger.warn({ err: error }, "the log of webhooks could not be trimmed"));
        keepHouse();
      })
      .unref();
  }

  /** One look after the other. */
  async function count(): Promise<void> {
    try {
      const backlog = await store.deliveries.backlog?.(clock.now());
      for (const [name, lag] of Object.entries(backlog ?? {})) {
        observe({ type: "lag", of: "webhooks", name, group: "", ...lag });
      }
    } catch (error) {
      logger.debug({ err: error }, "webhooks that wait could not be counted");
    }
    if (!stop.signal.aborted) counting = clock.setTimer(COUNT_EVERY_MS, () => void count()).unref();
  }

  return {
    start() {
      if (!loop) void count();
      loop ??= run();
      if (!housekeeping) keepHouse();
    },
    wake,
    async drain(signal) {
      housekeeping?.cancel();
      counting?.cancel();
      stop.abort();
      wake();
      const onAbort = (): void => cut.abort();
      if (signal?.aborted) onAbort();
      signal?.addEventListener("abort", onAbort, { once: true });
      await loop;
      await Promise.all(running.keys());
      signal?.removeEventListener("abort", onAbort);
    },
  };
}

import type { Clock } from "@parley/core";
import { LinkedQueue } from "@parley/core/internal";
import type { Delivery, DeliveryHandler, Outcome } from "@parley/transport";

/** What a consumer was given and has not handled: how old the oldest of it is. */
export interface Unhandled {
  /** The handler, with its deliveries looked at as they come and go. */
  watch(handler: DeliveryHandler): DeliveryHandler;
  /** How long ago the oldest was published; undefined if there is none. */
  oldestMs(): number | undefined;
}

/** What waits for its next attempt. */
interface Waiting {
  readonly publishedAtMs: number;
  /** By then it has come back, or another member has it. */
  readonly untilMs: number;
}

/** Beyond this many failures at once, only the oldest of the first ones are tracked by themselves. */
const MAX_WAITING = 10_000;

export function createUnhandled({
  clock,
  acknowledgeWithinMs,
}: {
  readonly clock: Clock;
  readonly acknowledgeWithinMs: number;
}): Unhandled {
  const running = new LinkedQueue<number>();
  const waiting = new Map<string, Waiting>();
  const keyOf = ({ envelope }: Delivery): string => `${envelope.source} ${envelope.id}`;

  function settle(delivery: Delivery, outcome: Outcome): void {
    if (outcome !== "done" && waiting.size < MAX_WAITING) {
      const untilMs = clock.now() + outcome.retryAfterMs + acknowledgeWithinMs;
      waiting.set(keyOf(delivery), { publishedAtMs: delivery.envelope.timeMs, untilMs });
    } else if (waiting.size > 0) waiting.delete(keyOf(delivery));
  }

  return {
    watch: (handler) => async (delivery) => {
      const place = running.push(delivery.envelope.timeMs);
      try {
        const outcome = await handler(delivery);
        settle(delivery, (delivery.lost ?? delivery.signal).aborted ? "done" : outcome);
        return outcome;
      } finally {
        place.remove();
      }
    },
    oldestMs() {
      const nowMs = clock.now();
      let oldest = Number.POSITIVE_INFINITY;
      for (const publishedAtMs of running.all()) oldest = Math.min(oldest, publishedAtMs);
      for (const [key, { publishedAtMs, untilMs }] of waiting) {
        if (untilMs < nowMs) waiting.delete(key);
        else oldest = Math.min(oldest, publishedAtMs);
      }
      return oldest === Number.POSITIVE_INFINITY ? undefined : Math.max(0, nowMs - oldest);
    },
  };
}

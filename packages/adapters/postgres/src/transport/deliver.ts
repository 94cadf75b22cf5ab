import { type Clock, ParleyError } from "@parley/core";
import type { DeliveryHandler, Outcome, Subscription } from "@parley/transport";
import type { LoggedEvent } from "./read-log.ts";

/** Names the log in positions. One database has one. */
const LOG_NAME = "parley_events";

/** Events that wait in a consumer for their turn, at most: enough for one round trip to keep handlers busy. */
export function bufferOf({ concurrency }: Pick<Subscription, "concurrency">): number {
  return Math.min(Math.max(4 * concurrency, 100), 2_000);
}

/** What must be handled one after the other; undefined waits for nobody. */
export function lineOf(
  { ordering }: Pick<Subscription, "ordering">,
  { topic, envelope }: LoggedEvent,
): string | undefined {
  if (ordering === "none") return undefined;
  if (ordering === "topic") return topic;
  return envelope.key === undefined ? undefined : `${topic} ${envelope.key}`;
}

export interface Attempts {
  /** One attempt to handle the event. What a handler says after its time, or after `lost`, counts no more. */
  run(): Promise<Outcome>;
}

export interface AttemptOptions {
  readonly event: LoggedEvent;
  readonly handler: DeliveryHandler;
  readonly withinMs: number;
  /** Aborts when the event is no longer this consumer's. */
  readonly lost: AbortSignal;
  readonly clock: Clock;
}

export function createAttempts({ event, handler, withinMs, lost, clock }: AttemptOptions): Attempts {
  const { topic, envelope, position: offset } = event;
  let attempt = 0;
  return {
    async run() {
      attempt += 1;
      const controller = new AbortController();
      const late = Promise.withResolvers<Outcome>();
      const giveUp = (reason: ParleyError): void => {
        controller.abort(reason);
        late.resolve({ retryAfterMs: 0 });
      };
      const onLost = (): void => giveUp(new ParleyError("ABORTED", "the event is another consumer's now"));
      if (lost.aborted) return { retryAfterMs: 0 };
      lost.addEventListener("abort", onLost, { once: true });
      const timer = clock.setTimer(withinMs, () =>
        giveUp(new ParleyError("DEADLINE_EXCEEDED", `the event was not handled within ${withinMs} ms`)),
      );
      const position = { log: LOG_NAME, offset };
      try {
        const handled = handler({ topic, envelope, attempt, position, signal: controller.signal });
        return await Promise.race([handled, late.promise]);
      } finally {
        timer.cancel();
        lost.removeEventListener("abort", onLost);
      }
    },
  };
}

import { type Aborting, AbortSource, type Clock, listenTo, unlistenTo } from "@parley/core";
import type { Delivery, DeliveryHandler, Outcome } from "../transport/event-transport.ts";
import { AbortableDelivery } from "./abortable-delivery.ts";

export interface AttemptOptions {
  /** Aborts when the delivery no longer counts. */
  readonly lost: Aborting;
  /** How long the handler may take. */
  readonly limitMs: number;
  readonly clock: Clock;
}

/** `lost` and `overrun`: whatever the handler still says counts no more. */
export type AttemptResult = Outcome | "lost" | "overrun";

/** For adapters: calls the handler once, and waits for it no longer than the delivery counts. Rejects as the handler does. */
export async function attempt(
  handler: DeliveryHandler,
  delivery: Omit<Delivery, "signal" | "lost">,
  { lost, limitMs, clock }: AttemptOptions,
): Promise<AttemptResult> {
  if (lost.aborted) return "lost";
  const own = new AbortSource();
  const { promise, resolve, reject } = Promise.withResolvers<AttemptResult>();
  const stop = (result: "lost" | "overrun", reason: string): void => {
    resolve(result);
    own.abort(new DOMException(reason, "AbortError"));
  };
  const onLost = (): void => stop("lost", "the delivery no longer counts");
  const timer = clock.setTimer(limitMs, () => stop("overrun", `the handler has taken more than ${limitMs} ms`));
  listenTo(lost, onLost);
  Promise.resolve()
    .then(() => handler(new AbortableDelivery(delivery, own)))
    .then(resolve, reject);
  try {
    return await promise;
  } finally {
    timer.cancel();
    unlistenTo(lost, onLost);
  }
}

import { type Aborting, AbortSource, type Clock, listenTo, unlistenTo } from "@parley/core";
import type { Delivery, DeliveryHandler, Outcome } from "../transport/event-transport.ts";

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
  const limited = new LimitedDelivery(delivery);
  const { promise, resolve, reject } = Promise.withResolvers<AttemptResult>();
  const stop = (result: "lost" | "overrun", reason: string): void => {
    resolve(result);
    limited.lost.abort(new DOMException(reason, "AbortError"));
  };
  const onLost = (): void => stop("lost", "the delivery no longer counts");
  const timer = clock.setTimer(limitMs, () => stop("overrun", `the handler has taken more than ${limitMs} ms`));
  listenTo(lost, onLost);
  Promise.resolve()
    .then(() => handler(limited))
    .then(resolve, reject);
  try {
    return await promise;
  } finally {
    timer.cancel();
    unlistenTo(lost, onLost);
  }
}

/** A delivery whose signal is made when it is asked for. */
class LimitedDelivery implements Delivery {
  readonly topic: Delivery["topic"];
  readonly envelope: Delivery["envelope"];
  readonly attempt: Delivery["attempt"];
  readonly position: Delivery["position"];
  readonly lost = new AbortSource();

  constructor({ topic, envelope, attempt, position }: Omit<Delivery, "signal" | "lost">) {
    this.topic = topic;
    this.envelope = envelope;
    this.attempt = attempt;
    this.position = position;
  }

  get signal(): AbortSignal {
    return this.lost.signal;
  }
}

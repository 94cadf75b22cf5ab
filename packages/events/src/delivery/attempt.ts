import type { Clock } from "@parley/core";
import type { Delivery, DeliveryHandler, Outcome } from "../transport/event-transport.ts";

export interface AttemptOptions {
  /** Aborts when the delivery no longer counts. */
  readonly lost: AbortSignal;
  /** How long the handler may take. */
  readonly limitMs: number;
  readonly clock: Clock;
}

/** `lost` and `overrun`: whatever the handler still says counts no more. */
export type AttemptResult = Outcome | "lost" | "overrun";

/** For adapters: calls the handler once, and waits for it no longer than the delivery counts. Rejects as the handler does. */
export async function attempt(
  handler: DeliveryHandler,
  delivery: Omit<Delivery, "signal">,
  { lost, limitMs, clock }: AttemptOptions,
): Promise<AttemptResult> {
  if (lost.aborted) return "lost";
  const controller = new AbortController();
  const { promise, resolve, reject } = Promise.withResolvers<AttemptResult>();
  const stop = (result: "lost" | "overrun", reason: string): void => {
    resolve(result);
    controller.abort(new DOMException(reason, "AbortError"));
  };
  const onLost = (): void => stop("lost", "the delivery no longer counts");
  const timer = clock.setTimer(limitMs, () => stop("overrun", `the handler has taken more than ${limitMs} ms`));
  lost.addEventListener("abort", onLost, { once: true });
  const { signal } = controller;
  Promise.resolve()
    .then(() => handler({ ...delivery, signal }))
    .then(resolve, reject);
  try {
    return await promise;
  } finally {
    timer.cancel();
    lost.removeEventListener("abort", onLost);
  }
}

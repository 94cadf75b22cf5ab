import type { Clock, Timer } from "@parley/core";
import { type AbortLike, addAbortListener, LazyAbort, removeAbortListener } from "@parley/core/internal";
import type { Delivery, DeliveryHandler, Outcome } from "../event-transport.ts";
import { AbortableDelivery } from "./abortable-delivery.ts";

export interface AttemptOptions {
  /** Aborts when the delivery no longer counts. */
  readonly lost: AbortLike;
  /** How long the handler may take. */
  readonly limitMs: number;
  readonly clock: Clock;
}

/** `lost` and `overrun`: whatever the handler still says counts no more. */
export type AttemptResult = Outcome | "lost" | "overrun";

/** For adapters: calls the handler once, and waits for it no longer than the delivery counts. Rejects as the handler does. */
export function attempt(
  handler: DeliveryHandler,
  delivery: Omit<Delivery, "signal" | "lost">,
  options: AttemptOptions,
): Promise<AttemptResult> {
  if (options.lost.aborted) return Promise.resolve("lost");
  return new Promise((resolve, reject) => {
    const limit = new AttemptLimit(options, resolve);
    const rejected = (error: unknown): void => {
      limit.release();
      reject(error);
    };
    try {
      handler(new AbortableDelivery(delivery, limit.own)).then((outcome) => {
        limit.release();
        resolve(outcome);
      }, rejected);
    } catch (thrown) {
      rejected(thrown);
    }
  });
}

/** Ends the wait early. */
class AttemptLimit {
  /** Of the delivery, as the handler sees it. */
  readonly own = new LazyAbort();
  readonly #lost: AbortLike;
  readonly #timer: Timer;
  readonly #end: (result: "lost" | "overrun") => void;

  constructor({ lost, limitMs, clock }: AttemptOptions, end: (result: "lost" | "overrun") => void) {
    this.#lost = lost;
    this.#end = end;
    this.#timer = clock.setTimer(limitMs, () => this.#stop("overrun", `the handler has taken more than ${limitMs} ms`));
    addAbortListener(lost, this);
  }

  handleEvent(): void {
    this.#stop("lost", "the delivery no longer counts");
  }

  release(): void {
    this.#timer.cancel();
    removeAbortListener(this.#lost, this);
  }

  #stop(result: "lost" | "overrun", reason: string): void {
    this.release();
    this.#end(result);
    this.own.abort(new DOMException(reason, "AbortError"));
  }
}

import type { LazyAbort } from "@parley/core/internal";
import type { Delivery } from "../event-transport.ts";

/** For adapters: a delivery whose signal is made when it is asked for, of what aborts it. */
export class AbortableDelivery implements Delivery {
  readonly topic: Delivery["topic"];
  readonly envelope: Delivery["envelope"];
  readonly attempt: Delivery["attempt"];
  readonly position: Delivery["position"];
  readonly lost: LazyAbort;

  constructor({ topic, envelope, attempt, position }: Omit<Delivery, "signal" | "lost">, lost: LazyAbort) {
    this.topic = topic;
    this.envelope = envelope;
    this.attempt = attempt;
    this.position = position;
    this.lost = lost;
  }

  get signal(): AbortSignal {
    return this.lost.signal;
  }
}

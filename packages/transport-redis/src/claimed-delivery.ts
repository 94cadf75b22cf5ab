import type { AbortSource } from "@parley/core";
import type { Delivery, Envelope, Position } from "@parley/events";
import type { Claim } from "./holdings.ts";

/** One attempt at an entry that this member holds. */
export class ClaimedDelivery implements Delivery {
  readonly topic: string;
  readonly envelope: Envelope;
  readonly attempt: number;
  readonly position: Position;
  readonly lost: AbortSource;

  constructor(
    topic: string,
    envelope: Envelope,
    claim: Claim,
    at: { readonly attempt: number; readonly position: Position },
  ) {
    this.topic = topic;
    this.envelope = envelope;
    this.attempt = at.attempt;
    this.position = at.position;
    this.lost = claim.lost;
  }

  get signal(): AbortSignal {
    return this.lost.signal;
  }
}

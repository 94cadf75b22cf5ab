import type { Clock, Timer } from "@parley/core";
import { LinkedQueue, type QueueNode } from "@parley/core/internal";
import type { ResetLimit } from "@parley/wire/internal/http2";

/** A call that has been given up, while its stream is still open. */
export interface CancelledCall {
  /** The pacer's own: where it waits for its reset. */
  cancelPlace: QueueNode | undefined;
  /** Resets the stream. */
  resetNow(): void;
}

/**
 * For a peer that does not say what it takes: what nghttp2 does before it ends a connection, on which `node:http2` and Apache stand.
 */
const ASSUMED: ResetLimit = { burst: 1_000, perSecond: 33 };

/** A peer counts more than resets by the same measure, and by its own clock. */
const BURST_SHARE = 0.5;
const RATE_SHARE = 0.8;

/** Resets that have become due leave together, at most this often. */
const LEAST_WAIT_MS = 10;

/**
 * Resets the streams of calls that were given up, no faster than the peer takes: servers that are sent too many resets take that for
 * an attack ("rapid reset", CVE-2023-44487) and end the connection with all its calls. A call that must wait for its reset mostly
 * ends by itself before.
 */
export class CancelPacer {
  readonly #clock: Clock;
  readonly #limitOf: () => ResetLimit | undefined;
  readonly #waiting = new LinkedQueue<CancelledCall>();
  #limit: ResetLimit | undefined;
  #left = 0;
  #filledMs = 0;
  #timer: Timer | undefined;

  /** @param limitOf what the peer takes, once it has said so; asked for at the first cancel. */
  constructor(clock: Clock, limitOf: () => ResetLimit | undefined) {
    this.#clock = clock;
    this.#limitOf = limitOf;
  }

  /** Calls that wait for their reset: each takes a place at the peer, as one that is under way does. */
  get waiting(): number {
    return this.#waiting.length;
  }

  cancel(call: CancelledCall): void {
    if (this.#waiting.length === 0 && this.#take()) return call.resetNow();
    call.cancelPlace = this.#waiting.push(call);
    this.#timer ??= this.#arm();
  }

  /** Its stream has ended without a reset. */
  remove(call: CancelledCall): void {
    call.cancelPlace?.remove();
    call.cancelPlace = undefined;
  }

  readonly #onTimer = (): void => {
    this.#timer = undefined;
    while (this.#waiting.length > 0 && this.#take()) {
      const call = this.#waiting.first as CancelledCall;
      this.remove(call);
      call.resetNow();
    }
    if (this.#waiting.length > 0) this.#timer ??= this.#arm();
  };

  #arm(): Timer {
    const { perSecond } = this.#fill();
    const waitMs = ((1 - this.#left) / perSecond) * 1_000;
    return this.#clock.setTimer(Math.max(LEAST_WAIT_MS, waitMs), this.#onTimer).unref();
  }

  #take(): boolean {
    if (this.#left < 1) this.#fill();
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }

  /** Adds what time has brought; at first all that the peer takes at once. */
  #fill(): ResetLimit {
    const nowMs = this.#clock.now();
    if (!this.#limit) {
      const { burst, perSecond } = this.#limitOf() ?? ASSUMED;
      this.#limit = { burst: burst * BURST_SHARE, perSecond: perSecond * RATE_SHARE };
      this.#left = this.#limit.burst;
    } else {
      const { burst, perSecond } = this.#limit;
      this.#left = Math.min(burst, this.#left + ((nowMs - this.#filledMs) / 1_000) * perSecond);
    }
    this.#filledMs = nowMs;
    return this.#limit;
  }
}

import type { Clock } from "@parley/core";
import { ConnectionError } from "../frames/http2-error.ts";

/**
 * A bucket of frames that cost us work and bring nothing forward: RST_STREAM, PING, SETTINGS, PRIORITY, empty DATA and
 * CONTINUATION. A peer that behaves sends few of them; one that floods is told ENHANCE_YOUR_CALM and disconnected.
 *
 * @see RFC 9113, section 10.5, and CVE-2019-9512 to -9518, CVE-2023-44487 (rapid reset), CVE-2024-27316 (CONTINUATION)
 */
export class FrameBudget {
  readonly #burst: number;
  readonly #perMs: number;
  readonly #clock: Clock;
  #left: number;
  #filledMs: number;

  constructor(burst: number, perSecond: number, clock: Clock) {
    this.#burst = burst;
    this.#perMs = perSecond / 1_000;
    this.#clock = clock;
    this.#left = burst;
    this.#filledMs = clock.now();
  }

  /** @throws ConnectionError ENHANCE_YOUR_CALM when the bucket is empty. */
  spend(what: string): void {
    this.#left -= 1;
    if (this.#left >= 0) return;
    const nowMs = this.#clock.now();
    this.#left = Math.min(this.#burst, (nowMs - this.#filledMs) * this.#perMs) - 1;
    this.#filledMs = nowMs;
    if (this.#left < 0) throw new ConnectionError("ENHANCE_YOUR_CALM", `too many ${what} frames`);
  }
}

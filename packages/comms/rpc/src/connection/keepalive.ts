import type { Clock, Timer } from "@parley/core";
import type { Keepalive } from "./connection.ts";

export interface KeepaliveProbeOptions extends Keepalive {
  readonly clock: Clock;
  /** Sends a PING; false if none can be sent. */
  readonly ping: (onAck: () => void) => boolean;
  readonly onDead: () => void;
}

/**
 * Finds out whether a silent peer still lives: idle -> watching (an interval at a time, as long as something comes in)
 * -> waiting for a PING's answer -> watching, or dead.
 *
 * Its owner wakes it when a call begins and tells it of everything that comes in; it falls idle by itself once no call is
 * in flight. Its timers do not keep the process alive.
 */
export class KeepaliveProbe {
  readonly #options: KeepaliveProbeOptions;
  #state: "idle" | "watching" | "waiting" | "stopped" = "idle";
  #timer: Timer | undefined;
  /** Whether something came in since the timer was set, and whether a call is in flight. */
  #heard = false;
  #busy = false;

  constructor(options: KeepaliveProbeOptions) {
    this.#options = options;
  }

  busy(): void {
    this.#busy = true;
    if (this.#state === "idle") this.#watch();
  }

  idle(): void {
    this.#busy = false;
  }

  heard(): void {
    this.#heard = true;
  }

  /** No PING follows: the connection is ending, and a peer that is about to leave owes no answer. */
  stop(): void {
    this.#state = "stopped";
    this.#timer?.cancel();
  }

  #watch(): void {
    this.#state = "watching";
    this.#set(this.#options.intervalMs, () => {
      if (!this.#busy) this.#state = "idle";
      else if (this.#heard) this.#watch();
      else this.#probe();
    });
  }

  #probe(): void {
    this.#state = "waiting";
    const sent = this.#options.ping(() => {
      if (this.#state !== "waiting") return;
      this.#timer?.cancel();
      this.#watch();
    });
    if (!sent) return this.#watch();
    this.#set(this.#options.timeoutMs, () => {
      if (this.#heard) return this.#watch();
      this.stop();
      this.#options.onDead();
    });
  }

  #set(delayMs: number, callback: () => void): void {
    this.#heard = false;
    this.#timer = this.#options.clock
      .setTimer(delayMs, () => {
        if (this.#state !== "stopped") callback();
      })
      .unref();
  }
}

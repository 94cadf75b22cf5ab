/** A timer that has been set. */
export interface Timer {
  /** Stops the timer. Idempotent; does nothing once it has fired. */
  cancel(): void;
  /** Lets the process end although the timer is set: for housekeeping that nobody waits for. */
  unref(): Timer;
}

/** Where time comes from. Passed in everywhere, so that tests own the time. */
export interface Clock {
  /** Milliseconds since the Unix epoch. Deadlines are points on this scale. */
  now(): number;
  /** Calls back once after `delayMs` milliseconds. The timer keeps the process alive until it fires. */
  setTimer(delayMs: number, callback: () => void): Timer;
}

/** Node fires a longer timer at once, so longer waits are made of pieces of this length. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  setTimer: (delayMs, callback) => new SystemTimer(delayMs, callback),
};

/** A class and not closures: a connection holds several timers, and each closure weighs as much as this. */
class SystemTimer implements Timer {
  #handle: NodeJS.Timeout;
  #keepsAlive = true;

  constructor(delayMs: number, callback: () => void) {
    this.#handle = this.#arm(delayMs, callback);
  }

  cancel(): void {
    clearTimeout(this.#handle);
  }

  unref(): this {
    this.#keepsAlive = false;
    this.#handle.unref();
    return this;
  }

  #arm(leftMs: number, callback: () => void): NodeJS.Timeout {
    if (leftMs <= LONGEST_TIMER_MS) return setTimeout(callback, Math.max(leftMs, 0));
    return setTimeout(() => {
      this.#handle = this.#arm(leftMs - LONGEST_TIMER_MS, callback);
      if (!this.#keepsAlive) this.#handle.unref();
    }, LONGEST_TIMER_MS);
  }
}

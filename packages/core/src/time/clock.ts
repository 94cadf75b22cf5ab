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
  setTimer(delayMs, callback) {
    let handle: NodeJS.Timeout;
    let keepsAlive = true;
    const arm = (leftMs: number): void => {
      const pieceMs = Math.min(Math.max(leftMs, 0), LONGEST_TIMER_MS);
      handle = setTimeout(() => (leftMs > pieceMs ? arm(leftMs - pieceMs) : callback()), pieceMs);
      if (!keepsAlive) handle.unref();
    };
    const timer: Timer = {
      cancel: () => clearTimeout(handle),
      unref() {
        keepsAlive = false;
        handle.unref();
        return timer;
      },
    };
    arm(delayMs);
    return timer;
  },
};

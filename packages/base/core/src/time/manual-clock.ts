import { AsyncLocalStorage } from "node:async_hooks";
import type { Clock, Timer } from "./clock.ts";

/** A clock that stands still until told to move: for tests. */
export interface ManualClock extends Clock {
  /** Moves time on, firing each timer that falls due at its own moment, in order. */
  advance(byMs: number): void;
  /** How many timers are set and have not fired; a leak test reads it. */
  pending(): number;
}

/** @param startMs where the clock begins; default a fixed date, so that tests read the same on every day. */
export function createManualClock(startMs: number = Date.UTC(2026, 0, 1)): ManualClock {
  let nowMs = startMs;
  let order = 0;
  const timers = new Set<{ readonly dueMs: number; readonly order: number; readonly callback: () => void }>();

  return {
    now: () => nowMs,
    setTimer(delayMs, callback) {
      // In the context that set it, as the machine's timers do: whoever sets one within a call must see it there in tests too.
      const inContext = AsyncLocalStorage.bind(callback);
      const entry = { dueMs: nowMs + Math.max(0, delayMs), order: order++, callback: inContext };
      timers.add(entry);
      const timer: Timer = { cancel: () => void timers.delete(entry), unref: () => timer };
      return timer;
    },
    advance(byMs) {
      const untilMs = nowMs + byMs;
      for (;;) {
        const [next] = [...timers]
          .filter((timer) => timer.dueMs <= untilMs)
          .sort((a, b) => a.dueMs - b.dueMs || a.order - b.order);
        if (!next) break;
        timers.delete(next);
        nowMs = Math.max(nowMs, next.dueMs);
        next.callback();
      }
      nowMs = untilMs;
    },
    pending: () => timers.size,
  };
}

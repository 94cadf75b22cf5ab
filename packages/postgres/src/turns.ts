import { type Clock, ParleyError } from "@parley/core";
import type { Limits } from "./connection.ts";
import { limitPassed, watchLimits } from "./limits.ts";

/** A fair line for a number of equal things: first come, first served; every wait ends. */
export interface Turns {
  /**
   * Waits for a turn. Resolves with the function that ends it, which is idempotent.
   * @throws ParleyError RESOURCE_EXHAUSTED when the line is full, UNAVAILABLE once closed, DEADLINE_EXCEEDED or the
   *   signal's reason when the wait was too long.
   */
  take(limits: Limits): Promise<() => void>;
  /** Refuses new turns and whoever waits; resolves when the last turn has ended. Idempotent. */
  close(): Promise<void>;
}

export interface TurnsOptions {
  /** How many may have a turn at once. */
  readonly count: number;
  /** How many may wait. */
  readonly maxWaiting: number;
  /** What a turn is for, to name it in errors: `a database connection`. */
  readonly what: string;
  readonly clock: Clock;
}

const CLOSED = "the database is closed";

interface Waiter {
  readonly admit: () => void;
  readonly refuse: (error: ParleyError) => void;
}

export function createTurns({ count, maxWaiting, what, clock }: TurnsOptions): Turns {
  /** Insertion order is the order of arrival; leaving the line is O(1). */
  const line = new Set<Waiter>();
  const { promise: idle, resolve: becomeIdle } = Promise.withResolvers<void>();
  const waitFor = `the wait for ${what}`;
  let running = 0;
  let closed = false;

  const begin = (): (() => void) => {
    running += 1;
    let ended = false;
    return () => {
      if (ended) return;
      ended = true;
      running -= 1;
      const [next] = line;
      if (next) next.admit();
      else if (closed && running === 0) becomeIdle();
    };
  };

  const wait = (limits: Limits): Promise<() => void> =>
    new Promise((resolve, reject) => {
      const leave = (): void => {
        line.delete(waiter);
        watch.end();
      };
      const waiter: Waiter = {
        admit: () => {
          leave();
          resolve(begin());
        },
        refuse: (error) => {
          leave();
          reject(error);
        },
      };
      const watch = watchLimits(limits, waitFor, clock, waiter.refuse);
      line.add(waiter);
    });

  return {
    async take(limits) {
      if (closed) throw new ParleyError("UNAVAILABLE", CLOSED);
      const passed = limitPassed(limits, waitFor, clock);
      if (passed) throw passed;
      if (running < count && line.size === 0) return begin();
      if (line.size >= maxWaiting) {
        throw new ParleyError("RESOURCE_EXHAUSTED", `${maxWaiting} statements wait for ${what} already`);
      }
      return wait(limits);
    },
    close() {
      closed = true;
      for (const waiter of line) waiter.refuse(new ParleyError("UNAVAILABLE", CLOSED));
      if (running === 0) becomeIdle();
      return idle;
    },
  };
}

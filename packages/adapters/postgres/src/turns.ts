import { type Clock, ParleyError } from "@parley/core";
import { LinkedQueue } from "@parley/core/internal";
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
  /** How many have a turn and how many wait for one. */
  use(): { readonly inUse: number; readonly waiting: number };
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
  const line = new LinkedQueue<Waiter>();
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
      if (line.first) line.first.admit();
      else if (closed && running === 0) becomeIdle();
    };
  };

  const wait = (limits: Limits): Promise<() => void> =>
    new Promise((resolve, reject) => {
      const leave = (): void => {
        place.remove();
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
      const place = line.push(waiter);
    });

  return {
    async take(limits) {
      if (closed) throw new ParleyError("UNAVAILABLE", CLOSED);
      const passed = limitPassed(limits, waitFor, clock);
      if (passed) throw passed;
      if (running < count && line.length === 0) return begin();
      if (line.length >= maxWaiting) {
        throw new ParleyError("RESOURCE_EXHAUSTED", `${maxWaiting} statements wait for ${what} already`);
      }
      return wait(limits);
    },
    use: () => ({ inUse: running, waiting: line.length }),
    close() {
      closed = true;
      for (const waiter of line.all()) waiter.refuse(new ParleyError("UNAVAILABLE", CLOSED));
      if (running === 0) becomeIdle();
      return idle;
    },
  };
}

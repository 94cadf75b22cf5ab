import { LinkedQueue } from "../collections/linked-queue.ts";

/** Long enough that yielding costs little (a turn of the loop takes some 20 µs); short enough that a request, which needs a few turns, is not held up visibly. */
const BUDGET_MS = 2;
/** Deferred work may resolve promises, whose continuations run after the turn's own work and are not timed. */
const BUDGET_UNITS = 128;

/**
 * Bounds how long work that needs no I/O may keep the event loop in one turn. A peer can send thousands of requests, frames or
 * messages in one chunk; without a bound, all of them are handled before the loop reads from any other connection.
 *
 * A unit of work asks {@link LoopBudget.admit} first, and runs in a later turn when that refuses. Deferred work runs in the
 * order in which it was deferred, so that connections take turns.
 */
export class LoopBudget {
  readonly #deferred = new LinkedQueue<() => void>();
  readonly #nowMs: () => number;
  #units = 0;
  #startMs = 0;
  #turnEnds = false;

  /** @param nowMs a monotonic clock, in milliseconds. */
  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs;
  }

  /** Counts a unit of work that is about to run. False if the turn's budget is used up, or earlier work still waits. */
  admit(): boolean {
    if (!this.#turnEnds) this.#beginTurn();
    if (this.#deferred.length > 0 || !this.#hasLeft()) return false;
    this.#units += 1;
    return true;
  }

  /** Runs a unit of work in a later turn of the event loop, after I/O. `work` must not throw. */
  defer(work: () => void): void {
    this.#deferred.push(work);
    if (!this.#turnEnds) this.#beginTurn();
  }

  /** Resolves in a later turn of the event loop: `if (!loopBudget.admit()) await loopBudget.nextTurn()`. */
  nextTurn(): Promise<void> {
    return new Promise((resolve) => this.defer(resolve));
  }

  #beginTurn(): void {
    this.#turnEnds = true;
    this.#units = 0;
    this.#startMs = this.#nowMs();
    setImmediate(this.#endTurn);
  }

  #hasLeft(): boolean {
    return this.#units < BUDGET_UNITS && this.#nowMs() - this.#startMs < BUDGET_MS;
  }

  readonly #endTurn = (): void => {
    this.#turnEnds = false;
    if (this.#deferred.length === 0) return;
    this.#beginTurn();
    while (this.#deferred.length > 0 && this.#hasLeft()) {
      this.#units += 1;
      this.#deferred.shift()?.();
    }
  };
}

/** The budget of this process's event loop, shared by all connections. */
export const loopBudget = new LoopBudget();

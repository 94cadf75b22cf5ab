import { type Clock, systemClock, type Timer } from "@parley/core";
import { LinkedQueue, type QueueNode } from "@parley/core/internal";

/** Something with a deadline. */
export interface Expiring {
  /** Called once, at the deadline or up to {@link SLOT_MS} after it, unless it was cancelled before. */
  onDeadline(): void;
}

/** Deadlines of many calls on one timer. */
export interface DeadlineWheel {
  /** Whoever leaves the place is not told. */
  schedule(deadlineMs: number, what: Expiring): QueueNode;
  /** Leaves no timer behind; deadlines that are still set are dropped. */
  close(): void;
}

/** How late a deadline may be told. Callers that share a timeout and a slot share a line, which is what makes this cheap. */
const SLOT_MS = 5;

/**
 * Keeps deadlines in slots, with a single timer for the earliest. Setting and cancelling one is to join a line and to
 * leave it, about a fifth of what a timer of its own costs; nearly every call ends before its deadline, so nothing else is
 * worth making fast. The timer does not keep the process alive: the call's socket does.
 */
export function createDeadlineWheel(clock: Clock = systemClock): DeadlineWheel {
  const slots = new Map<number, LinkedQueue<Expiring>>();
  let timer: Timer | undefined;
  let armedFor = Number.POSITIVE_INFINITY;

  const arm = (slot: number): void => {
    timer?.cancel();
    armedFor = slot;
    timer = clock.setTimer(slot * SLOT_MS - clock.now(), turn).unref();
  };

  const turn = (): void => {
    armedFor = Number.POSITIVE_INFINITY;
    const due = clock.now() / SLOT_MS;
    let next = Number.POSITIVE_INFINITY;
    for (const [number, slot] of slots) {
      if (number <= due) {
        slots.delete(number);
        for (let what = slot.shift(); what; what = slot.shift()) what.onDeadline();
      } else if (slot.length === 0) slots.delete(number);
      else next = Math.min(next, number);
    }
    if (next < armedFor) arm(next);
  };

  return {
    schedule(deadlineMs, what) {
      const number = Math.ceil(deadlineMs / SLOT_MS);
      let slot = slots.get(number);
      if (!slot) {
        slot = new LinkedQueue();
        slots.set(number, slot);
      }
      if (number < armedFor) arm(number);
      return slot.push(what);
    },
    close() {
      timer?.cancel();
      slots.clear();
    },
  };
}

/** Of a connection that is gone: its end has been told, or will be. */
const DROPPED: QueueNode = { queue: undefined, remove: () => false };

const shared = new WeakMap<Clock, { readonly wheel: DeadlineWheel; users: number }>();

/**
 * A share in the wheel of all connections with this clock: one of its own would be a tenth of what an idle connection holds.
 * The last of them to close its share closes the wheel. Its own deadlines each must cancel itself.
 */
export class SharedDeadlineWheel implements DeadlineWheel {
  readonly #clock: Clock;
  #wheel: DeadlineWheel | undefined;

  constructor(clock: Clock) {
    const { wheel, users } = shared.get(clock) ?? { wheel: createDeadlineWheel(clock), users: 0 };
    shared.set(clock, { wheel, users: users + 1 });
    this.#clock = clock;
    this.#wheel = wheel;
  }

  schedule(deadlineMs: number, what: Expiring): QueueNode {
    return this.#wheel?.schedule(deadlineMs, what) ?? DROPPED;
  }

  close(): void {
    const entry = this.#wheel && shared.get(this.#clock);
    this.#wheel = undefined;
    if (!entry) return;
    entry.users -= 1;
    if (entry.users > 0) return;
    entry.wheel.close();
    shared.delete(this.#clock);
  }
}

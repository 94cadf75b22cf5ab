import { type CallContext, type Clock, deadlineExceeded, ParleyError } from "@parley/core";
import type { Connection } from "../connection/connection.ts";
import { abortError } from "../grpc/abort-error.ts";

/**
 * Calls that wait for a connection with room, first come first served. Each leaves by being given one, by its own deadline
 * or signal, or by a failure of all.
 */
export interface WaitQueue {
  readonly length: number;
  /** Waits, then starts a call: `start` runs in the same turn in which the connection was chosen, so the room is still there. */
  wait<T>(context: CallContext, start: (connection: Connection) => Promise<T>): Promise<T>;
  /** Lets the first one go: with a connection, or with the failure that keeps it from one. */
  release(outcome: Connection | ParleyError): void;
}

export interface WaitQueueOptions {
  /** Named in errors. */
  readonly target: string;
  readonly maxLength: number;
  readonly clock: Clock;
  /** Told how long a call had waited that was given a connection. */
  readonly onServed: (waitedMs: number) => void;
}

interface Waiter {
  readonly start: (connection: Connection) => void;
  readonly fail: (error: ParleyError) => void;
}

export function createWaitQueue({ target, maxLength, clock, onServed }: WaitQueueOptions): WaitQueue {
  // A Set keeps the order of arrival and lets one in the middle leave at once.
  const waiters = new Set<Waiter>();

  return {
    get length() {
      return waiters.size;
    },
    wait: (context, start) =>
      new Promise((resolve, reject) => {
        if (waiters.size >= maxLength) {
          reject(
            new ParleyError("RESOURCE_EXHAUSTED", `${maxLength} calls wait for ${target} already`, {
              progress: "refused",
            }),
          );
          return;
        }
        const sinceMs = clock.now();
        const leave = (): void => {
          waiters.delete(waiter);
          timer.cancel();
          context.signal.removeEventListener("abort", onAbort);
        };
        const waiter: Waiter = {
          start(connection) {
            leave();
            onServed(clock.now() - sinceMs);
            resolve(start(connection));
          },
          fail(error) {
            leave();
            reject(error);
          },
        };
        const onAbort = (): void => waiter.fail(abortError(context.signal));
        const timer = clock.setTimer(context.deadlineMs - sinceMs, () =>
          waiter.fail(deadlineExceeded(`the call waited for a connection to ${target} and`)),
        );
        context.signal.addEventListener("abort", onAbort, { once: true });
        waiters.add(waiter);
      }),
    release(outcome) {
      const [first] = waiters;
      if (outcome instanceof ParleyError) first?.fail(outcome);
      else first?.start(outcome);
    },
  };
}

import { type CallContext, type Clock, ParleyError } from "@parley/core";
import { abortOf, addAbortListener, deadlineExceeded, LinkedQueue, removeAbortListener } from "@parley/core/internal";
import type { Connection } from "../connection/connection.ts";
import { abortError } from "../grpc/abort-error.ts";
import { setPublicMessage } from "../grpc/public-message.ts";

/** A call that waits. One of its methods is called, once. */
export interface Waiter {
  /** There is room: whoever starts takes it within this call. */
  start(connection: Connection): void;
  fail(error: ParleyError): void;
}

/**
 * Calls that wait for a connection with room, first come first served. Each leaves by being given one, by its own deadline
 * or signal, or by a failure of all.
 */
export interface WaitQueue {
  readonly length: number;
  wait(context: CallContext, waiter: Waiter): void;
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

export function createWaitQueue({ target, maxLength, clock, onServed }: WaitQueueOptions): WaitQueue {
  const waiters = new LinkedQueue<Waiter>();

  return {
    get length() {
      return waiters.length;
    },
    wait(context, waiter) {
      if (waiters.length >= maxLength) {
        const message = `${maxLength} calls wait for ${target} already`;
        const error = new ParleyError("RESOURCE_EXHAUSTED", message, { progress: "refused" });
        return waiter.fail(setPublicMessage(error, "too many calls wait for the service already"));
      }
      const sinceMs = clock.now();
      const aborting = abortOf(context);
      const leave = (): void => {
        place.remove();
        timer.cancel();
        removeAbortListener(aborting, onAbort);
      };
      const queued: Waiter = {
        start(connection) {
          leave();
          onServed(clock.now() - sinceMs);
          waiter.start(connection);
        },
        fail(error) {
          leave();
          waiter.fail(error);
        },
      };
      const onAbort = (): void => queued.fail(abortError(aborting));
      const timer = clock.setTimer(context.deadlineMs - sinceMs, () =>
        queued.fail(deadlineExceeded(`the call waited for a connection to ${target} and`)),
      );
      const place = waiters.push(queued);
      addAbortListener(aborting, onAbort);
    },
    release(outcome) {
      const { first } = waiters;
      if (outcome instanceof ParleyError) first?.fail(outcome);
      else first?.start(outcome);
    },
  };
}

import type { Clock, ParleyError } from "@parley/core";
import { deadlineExceeded } from "@parley/core/internal";
import type { Limits } from "./connection.ts";
import { abortError } from "./database-error.ts";

/** A watch over work that has limits. */
export interface Watch {
  /** Leaves no timer and no listener behind. */
  end(): void;
}

/** The error of work whose limits have passed before it began; undefined while there is time. */
export function limitPassed({ signal, deadlineMs }: Limits, what: string, clock: Clock): ParleyError | undefined {
  if (signal?.aborted) return abortError(signal);
  return deadlineMs <= clock.now() ? deadlineExceeded(what) : undefined;
}

/** Calls back, at most once, when a limit passes from now on. */
export function watchLimits(
  { signal, deadlineMs }: Limits,
  what: string,
  clock: Clock,
  onPassed: (error: ParleyError) => void,
): Watch {
  const onAbort = (): void => {
    end();
    onPassed(abortError(signal as AbortSignal));
  };
  const onDeadline = (): void => {
    end();
    onPassed(deadlineExceeded(what));
  };
  const timer = Number.isFinite(deadlineMs) ? clock.setTimer(deadlineMs - clock.now(), onDeadline) : undefined;
  const end = (): void => {
    timer?.cancel();
    signal?.removeEventListener("abort", onAbort);
  };
  signal?.addEventListener("abort", onAbort, { once: true });
  return { end };
}

/** Waits for something that cannot be stopped itself. When a limit passes first, `onLate` is given what still comes. */
export async function waitWithin<T>(
  promise: Promise<T>,
  limits: Limits,
  options: { readonly what: string; readonly clock: Clock; readonly onLate: (value: T) => void },
): Promise<T> {
  const { promise: passed, reject } = Promise.withResolvers<never>();
  const watch = watchLimits(limits, options.what, options.clock, (error) => {
    promise.then(options.onLate, () => {});
    reject(error);
  });
  try {
    return await Promise.race([promise, passed]);
  } finally {
    watch.end();
  }
}

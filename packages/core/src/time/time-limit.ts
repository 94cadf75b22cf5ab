import { type Clock, systemClock } from "./clock.ts";

/** A limit on a wait. */
export interface TimeLimit {
  /** Aborts with a `TimeoutError` when the time is up, or with the reason of the caller's signal. */
  readonly signal: AbortSignal;
  /** Ends the limit when the wait is over: no timer and no listener stays. */
  release(): void;
}

/** Joins a caller's signal and a limit of one's own. */
export function timeLimit(
  limitMs: number,
  { signal, clock = systemClock }: { readonly signal?: AbortSignal | undefined; readonly clock?: Clock } = {},
): TimeLimit {
  const controller = new AbortController();
  const onAbort = (): void => controller.abort(signal?.reason);
  const timer = clock.setTimer(limitMs, () =>
    controller.abort(new DOMException(`not done within ${limitMs} ms`, "TimeoutError")),
  );
  if (signal?.aborted) onAbort();
  else signal?.addEventListener("abort", onAbort, { once: true });
  return {
    signal: controller.signal,
    release() {
      timer.cancel();
      signal?.removeEventListener("abort", onAbort);
    },
  };
}

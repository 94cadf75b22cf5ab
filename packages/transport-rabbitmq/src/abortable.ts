import type { Clock } from "@parley/core";

/** Waits for `work` until the signal aborts, then rejects with its reason; the work itself goes on. */
export function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason);
    if (signal.aborted) return onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}

/** A signal that aborts after `limitMs`, or with `signal`. Release it when the wait is over: the timer goes with it. */
export function timeLimit(
  limitMs: number,
  { clock, signal }: { readonly clock: Clock; readonly signal?: AbortSignal | undefined },
): { readonly signal: AbortSignal; release(): void } {
  const controller = new AbortController();
  const onAbort = (): void => controller.abort(signal?.reason);
  const timer = clock.setTimer(limitMs, () =>
    controller.abort(new DOMException(`no answer within ${limitMs} ms`, "TimeoutError")),
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

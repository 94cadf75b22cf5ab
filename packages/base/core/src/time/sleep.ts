import { type Clock, systemClock } from "./clock.ts";

/** Waits `delayMs` milliseconds. Rejects with the signal's reason as soon as it aborts, and leaves no timer behind. */
export function sleep(
  delayMs: number,
  { signal, clock = systemClock }: { signal?: AbortSignal | undefined; clock?: Clock } = {},
): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const onAbort = (): void => {
      timer.cancel();
      reject(signal?.reason);
    };
    const timer = clock.setTimer(delayMs, () => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    });
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}

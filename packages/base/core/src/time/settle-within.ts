import { type Clock, systemClock } from "./clock.ts";

/**
 * Waits for `work`, but no longer than `limitMs`. Used where something foreign must end: a drain, a close.
 *
 * @returns `"settled"` if the work ended in time (also if it failed: ask the promise), else `"timeout"`.
 */
export function settleWithin(
  work: Promise<unknown>,
  limitMs: number,
  clock: Clock = systemClock,
): Promise<"settled" | "timeout"> {
  return new Promise((resolve) => {
    const timer = clock.setTimer(limitMs, () => resolve("timeout"));
    const settled = (): void => {
      timer.cancel();
      resolve("settled");
    };
    work.then(settled, settled);
  });
}

import type { Clock } from "@parley/core";

/** How one loop sleeps: until it is woken, or for so long. A wake-up while it is awake is not lost. */
export interface WakeUp {
  wake(): void;
  /** Resolves when woken, or after `limitMs`; without a limit only when woken. One waits at a time. */
  wait(limitMs?: number): Promise<void>;
}

export function createWakeUp(clock: Clock): WakeUp {
  let woken = false;
  let rouse: (() => void) | undefined;
  return {
    wake() {
      woken = true;
      rouse?.();
    },
    async wait(limitMs) {
      if (!woken) {
        await new Promise<void>((resolve) => {
          rouse = resolve;
          const timer = limitMs === undefined ? undefined : clock.setTimer(limitMs, resolve);
          rouse = () => {
            timer?.cancel();
            resolve();
          };
        });
        rouse = undefined;
      }
      woken = false;
    },
  };
}

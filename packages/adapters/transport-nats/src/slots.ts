import { Line } from "@parley/core/internal";

/** So many at once; the others wait their turn. */
export interface Slots {
  /** Resolves with the function that gives the slot back. Rejects with the signal's reason. */
  take(signal: AbortSignal): Promise<() => void>;
}

export function createSlots(count: number): Slots {
  const line = new Line<() => void>();
  let free = count;

  function giveBack(): void {
    free += 1;
    line.first?.();
  }

  return {
    take(signal) {
      if (signal.aborted) return Promise.reject(signal.reason);
      if (free > 0) {
        free -= 1;
        return Promise.resolve(giveBack);
      }
      return new Promise((resolve, reject) => {
        const enter = (): void => {
          free -= 1;
          place.leave();
          signal.removeEventListener("abort", onAbort);
          resolve(giveBack);
        };
        const onAbort = (): void => {
          place.leave();
          reject(signal.reason);
        };
        const place = line.join(enter);
        signal.addEventListener("abort", onAbort, { once: true });
      });
    },
  };
}

import type { Clock, Timer } from "@parley/core";

/** Waits for a client that has no room, and gives up on one that reads nothing. */
export interface StallWatch {
  /** Resolves at the next {@link StallWatch.moved} or {@link StallWatch.end}. */
  wait(): Promise<void>;
  /** There is room again. */
  moved(): void;
  end(): void;
}

export function createStallWatch(limitMs: number, clock: Clock, onStalled: () => void): StallWatch {
  let waiting: { readonly promise: Promise<void>; readonly resolve: () => void; readonly timer: Timer } | undefined;
  let ended = false;
  const release = (): void => {
    waiting?.timer.cancel();
    waiting?.resolve();
    waiting = undefined;
  };
  return {
    wait() {
      if (ended) return Promise.resolve();
      waiting ??= { ...Promise.withResolvers<void>(), timer: clock.setTimer(limitMs, onStalled) };
      return waiting.promise;
    },
    moved: release,
    end() {
      ended = true;
      release();
    },
  };
}

/** Wakes everyone who waits for a change, again and again. */
export interface ChangeSignal {
  announce(): void;
  /** Resolves at the next change; rejects with the signal's reason. Leaves nothing behind either way. */
  next(signal: AbortSignal): Promise<void>;
}

/** Unlike a shared promise, it holds nothing for waiters that gave up, however long no change comes. */
export function createChangeSignal(): ChangeSignal {
  const sleepers = new Set<() => void>();
  return {
    announce() {
      for (const wake of sleepers) wake();
    },
    next: (signal) =>
      new Promise((resolve, reject) => {
        const leave = (): void => {
          sleepers.delete(wake);
          signal.removeEventListener("abort", onAbort);
        };
        const wake = (): void => {
          leave();
          resolve();
        };
        const onAbort = (): void => {
          leave();
          reject(signal.reason);
        };
        if (signal.aborted) return reject(signal.reason);
        sleepers.add(wake);
        signal.addEventListener("abort", onAbort, { once: true });
      }),
  };
}

import { Worker } from "node:worker_threads";

/** Longer than any case takes on a busy machine, by far. */
const HANG_MS = 20_000;

/** Ends the process when a case neither ends nor lets anything else run. */
export interface Watchdog {
  /** A new case has begun. */
  beat(target: number, number: number): void;
  stop(): Promise<void>;
}

/** Watches from a thread of its own, because a loop without end stops every timer here. */
export function startWatchdog(seed: number, targets: readonly string[]): Watchdog {
  const shared = new Int32Array(new SharedArrayBuffer(12));
  const worker = new Worker(new URL("./watchdog-thread.ts", import.meta.url), {
    workerData: { shared, seed, targets, hangMs: HANG_MS },
  });
  worker.unref();
  return {
    beat(target, number) {
      shared[1] = target;
      shared[2] = number;
      Atomics.add(shared, 0, 1);
      Atomics.notify(shared, 0);
    },
    async stop() {
      await worker.terminate();
    },
  };
}

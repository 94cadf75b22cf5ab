import { type AbortLike, addAbortListener, removeAbortListener } from "./lazy-abort.ts";

/** Waits for `work` until it is aborted, then rejects with the reason; the work itself goes on. */
export function abortable<T>(work: Promise<T>, aborting: AbortLike): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(aborting.reason);
    addAbortListener(aborting, onAbort);
    work.then(
      (value) => {
        removeAbortListener(aborting, onAbort);
        resolve(value);
      },
      (error: unknown) => {
        removeAbortListener(aborting, onAbort);
        reject(error);
      },
    );
  });
}

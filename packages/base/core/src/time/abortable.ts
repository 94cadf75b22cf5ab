import { type Aborting, listenTo, unlistenTo } from "./abort-source.ts";

/** Waits for `work` until it is aborted, then rejects with the reason; the work itself goes on. */
export function abortable<T>(work: Promise<T>, aborting: Aborting): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(aborting.reason);
    listenTo(aborting, onAbort);
    work.then(
      (value) => {
        unlistenTo(aborting, onAbort);
        resolve(value);
      },
      (error: unknown) => {
        unlistenTo(aborting, onAbort);
        reject(error);
      },
    );
  });
}

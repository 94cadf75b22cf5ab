import { type Clock, systemClock } from "./clock.ts";
import { LazyAbort } from "./lazy-abort.ts";

/** A limit on a wait. */
export interface TimeLimit {
  /** Aborts with a `TimeoutError` when the time is up, or with the reason of the caller's signal. */
  readonly signal: AbortSignal;
  /** The same, for who needs no signal: see {@link abortable}. */
  readonly source: LazyAbort;
  /** Ends the limit when the wait is over: no timer and no listener stays. */
  release(): void;
}

/** Joins a caller's signal and a limit of one's own. */
export function timeLimit(
  limitMs: number,
  { signal, clock = systemClock }: { readonly signal?: AbortSignal | undefined; readonly clock?: Clock } = {},
): TimeLimit {
  const source = new LazyAbort();
  const onAbort = (): void => source.abort(signal?.reason);
  const timer = clock.setTimer(limitMs, () =>
    source.abort(new DOMException(`not done within ${limitMs} ms`, "TimeoutError")),
  );
  if (signal?.aborted) onAbort();
  else signal?.addEventListener("abort", onAbort, { once: true });
  return new SourceLimit(source, () => {
    timer.cancel();
    signal?.removeEventListener("abort", onAbort);
  });
}

class SourceLimit implements TimeLimit {
  readonly source: LazyAbort;
  readonly release: () => void;

  constructor(source: LazyAbort, release: () => void) {
    this.source = source;
    this.release = release;
  }

  get signal(): AbortSignal {
    return this.source.signal;
  }
}

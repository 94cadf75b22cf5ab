import { AbortSource } from "./abort-source.ts";
import { abortable } from "./abortable.ts";
import { type Clock, systemClock } from "./clock.ts";

/** A limit on a wait. */
export interface TimeLimit {
  /** The time is up, or the caller's signal has aborted. */
  readonly aborted: boolean;
  /** Aborts with a `TimeoutError` when the time is up, or with the reason of the caller's signal. */
  readonly signal: AbortSignal;
  /** Waits for `work` within the limit, then rejects as the signal says; the work itself goes on. */
  race<T>(work: Promise<T>): Promise<T>;
  /** Ends the limit when the wait is over: no timer and no listener stays. */
  release(): void;
}

/** Joins a caller's signal and a limit of one's own. */
export function timeLimit(
  limitMs: number,
  { signal, clock = systemClock }: { readonly signal?: AbortSignal | undefined; readonly clock?: Clock } = {},
): TimeLimit {
  const source = new AbortSource();
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
  readonly release: () => void;
  readonly #source: AbortSource;

  constructor(source: AbortSource, release: () => void) {
    this.#source = source;
    this.release = release;
  }

  get aborted(): boolean {
    return this.#source.aborted;
  }

  get signal(): AbortSignal {
    return this.#source.signal;
  }

  race<T>(work: Promise<T>): Promise<T> {
    return abortable(work, this.#source);
  }
}

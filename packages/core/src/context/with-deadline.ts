import { ParleyError } from "../errors/parley-error.ts";
import { AbortSource, listenTo, unlistenTo } from "../time/abort-source.ts";
import { type Clock, systemClock } from "../time/clock.ts";
import { type CallContext, runWithContext } from "./call-context.ts";
import { neverAborts } from "./derive.ts";
import { abortingOf, LazyContext } from "./lazy-context.ts";

/** The error of work whose deadline has passed. */
export function deadlineExceeded(what = "the call"): ParleyError {
  return new ParleyError("DEADLINE_EXCEEDED", `${what} did not finish before its deadline`);
}

/**
 * Runs `work` in `context` with the deadline armed: when it passes, the signal that the work sees aborts, and the
 * returned promise rejects with DEADLINE_EXCEEDED at once, whether or not the work listens. An abort of the context's
 * own signal does the same with that signal's reason. No timer or listener is left behind.
 */
export function withDeadline<T>(
  context: CallContext,
  work: (context: CallContext) => Promise<T>,
  clock: Clock = systemClock,
): Promise<T> {
  const outer = abortingOf(context);
  const leftMs = context.deadlineMs - clock.now();
  if (outer.aborted) return Promise.reject(outer.reason);
  if (leftMs <= 0) return Promise.reject(deadlineExceeded());
  return new Promise((resolve, reject) => {
    const inner = new AbortSource();
    const limited = new LazyContext(context, inner);
    const settle = (): void => {
      timer.cancel();
      if (outer !== neverAborts) unlistenTo(outer, onAbort);
    };
    const end = (reason: unknown): void => {
      settle();
      inner.abort(reason);
      reject(reason);
    };
    const onAbort = (): void => end(outer.reason);
    const timer = clock.setTimer(leftMs, () => end(deadlineExceeded()));
    if (outer !== neverAborts) listenTo(outer, onAbort);
    const onError = (error: unknown): void => {
      settle();
      reject(error);
    };
    try {
      runWithContext(limited, () => work(limited)).then((result) => {
        settle();
        resolve(result);
      }, onError);
    } catch (error) {
      onError(error);
    }
  });
}

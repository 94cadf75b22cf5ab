import { ParleyError } from "../errors/parley-error.ts";
import { AbortSource } from "../time/abort-source.ts";
import { type Clock, systemClock } from "../time/clock.ts";
import { type CallContext, runWithContext } from "./call-context.ts";
import { neverAborts } from "./derive.ts";
import { LazyContext } from "./lazy-context.ts";

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
  const outer = outerOf(context);
  const leftMs = context.deadlineMs - clock.now();
  if (outer?.aborted) return Promise.reject(context.signal.reason);
  if (leftMs <= 0) return Promise.reject(deadlineExceeded());
  return new Promise((resolve, reject) => {
    const inner = new AbortSource();
    const limited = new LazyContext(context, inner);
    const settle = (): void => {
      timer.cancel();
      outer?.unlisten(end);
    };
    const end = (reason: unknown): void => {
      settle();
      inner.abort(reason);
      reject(reason);
    };
    const timer = clock.setTimer(leftMs, () => end(deadlineExceeded()));
    outer?.listen(end);
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

/** What the abort of a context is heard from; undefined if it never comes. */
function outerOf(context: CallContext): Pick<AbortSource, "aborted" | "listen" | "unlisten"> | undefined {
  const source = LazyContext.sourceOf(context);
  if (source) return source;
  const { signal } = context;
  return signal === neverAborts ? undefined : heardFrom(signal);
}

function heardFrom(signal: AbortSignal): Pick<AbortSource, "aborted" | "listen" | "unlisten"> {
  let onAbort: (() => void) | undefined;
  return {
    aborted: signal.aborted,
    listen(listener) {
      onAbort = () => listener(signal.reason);
      signal.addEventListener("abort", onAbort);
    },
    unlisten() {
      if (onAbort) signal.removeEventListener("abort", onAbort);
    },
  };
}

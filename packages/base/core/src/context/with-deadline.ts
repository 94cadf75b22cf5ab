import { ParleyError } from "../errors/parley-error.ts";
import { type Clock, systemClock, type Timer } from "../time/clock.ts";
import { type AbortLike, addAbortListener, LazyAbort, removeAbortListener } from "../time/lazy-abort.ts";
import { type CallContext, runWithContext } from "./call-context.ts";
import { neverAborts } from "./derive.ts";
import { abortOf, LazyContext } from "./lazy-context.ts";

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
  const outer = abortOf(context);
  const leftMs = context.deadlineMs - clock.now();
  if (outer.aborted) return Promise.reject(outer.reason);
  if (leftMs <= 0) return Promise.reject(deadlineExceeded());
  return new Promise((resolve, reject) => {
    const armed = new ArmedDeadline(outer, reject);
    armed.timer = clock.setTimer(leftMs, () => armed.end(deadlineExceeded()));
    const onError = (error: unknown): void => {
      armed.release();
      reject(error);
    };
    const limited = new LazyContext(context, armed.inner);
    try {
      runWithContext(limited, () => work(limited)).then((result) => {
        armed.release();
        resolve(result);
      }, onError);
    } catch (error) {
      onError(error);
    }
  });
}

/** Ends work before it has ended itself. */
class ArmedDeadline {
  /** What the work sees abort. */
  readonly inner = new LazyAbort();
  timer: Timer | undefined;
  readonly #outer: AbortLike;
  readonly #reject: (reason: unknown) => void;

  constructor(outer: AbortLike, reject: (reason: unknown) => void) {
    this.#outer = outer;
    this.#reject = reject;
    if (outer !== neverAborts) addAbortListener(outer, this);
  }

  handleEvent(): void {
    this.end(this.#outer.reason);
  }

  end(reason: unknown): void {
    this.release();
    this.inner.abort(reason);
    this.#reject(reason);
  }

  release(): void {
    this.timer?.cancel();
    if (this.#outer !== neverAborts) removeAbortListener(this.#outer, this);
  }
}

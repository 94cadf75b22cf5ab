import { ParleyError } from "../errors/parley-error.ts";
import { type Clock, systemClock } from "../time/clock.ts";
import { type CallContext, runWithContext } from "./call-context.ts";

/** The error of work whose deadline has passed. */
export function deadlineExceeded(what = "the call"): ParleyError {
  return new ParleyError("DEADLINE_EXCEEDED", `${what} did not finish before its deadline`);
}

/**
 * Runs `work` in `context` with the deadline armed: when it passes, the signal that the work sees aborts, and the
 * returned promise rejects with DEADLINE_EXCEEDED at once, whether or not the work listens. An abort of the context's
 * own signal does the same with that signal's reason. No timer or listener is left behind.
 */
export async function withDeadline<T>(
  context: CallContext,
  work: (context: CallContext) => Promise<T>,
  clock: Clock = systemClock,
): Promise<T> {
  const controller = new AbortController();
  const { promise: ended, reject } = Promise.withResolvers<never>();
  const end = (reason: unknown): void => {
    controller.abort(reason);
    reject(reason);
  };
  const onAbort = (): void => end(context.signal.reason);
  if (context.signal.aborted) throw context.signal.reason;
  if (context.deadlineMs <= clock.now()) throw deadlineExceeded();
  context.signal.addEventListener("abort", onAbort, { once: true });
  const timer = clock.setTimer(context.deadlineMs - clock.now(), () => end(deadlineExceeded()));
  try {
    const limited: CallContext = { ...context, signal: controller.signal };
    return await Promise.race([runWithContext(limited, () => work(limited)), ended]);
  } finally {
    timer.cancel();
    context.signal.removeEventListener("abort", onAbort);
  }
}

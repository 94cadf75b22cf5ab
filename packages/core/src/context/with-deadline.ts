import { ParleyError } from "../errors/parley-error.ts";
import { type Clock, systemClock } from "../time/clock.ts";
import { type CallContext, runWithContext } from "./call-context.ts";
import { neverAborts } from "./derive.ts";

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
  const { signal } = context;
  const leftMs = context.deadlineMs - clock.now();
  if (signal.aborted) return Promise.reject(signal.reason);
  if (leftMs <= 0) return Promise.reject(deadlineExceeded());
  return new Promise((resolve, reject) => {
    const limited = new LimitedContext(context);
    const settle = (): void => {
      timer.cancel();
      if (signal !== neverAborts) signal.removeEventListener("abort", onAbort);
    };
    const end = (reason: unknown): void => {
      settle();
      limited.abort(reason);
      reject(reason);
    };
    const onAbort = (): void => end(signal.reason);
    const timer = clock.setTimer(leftMs, () => end(deadlineExceeded()));
    if (signal !== neverAborts) signal.addEventListener("abort", onAbort);
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

/** A context whose signal is another one, made when it is asked for: most work never looks at it. */
class LimitedContext implements CallContext {
  readonly requestId: CallContext["requestId"];
  readonly correlationId: CallContext["correlationId"];
  readonly trace: CallContext["trace"];
  readonly deadlineMs: CallContext["deadlineMs"];
  readonly principal: CallContext["principal"];
  readonly authorization: CallContext["authorization"];
  readonly tenant: CallContext["tenant"];
  readonly caller: CallContext["caller"];
  readonly baggage: CallContext["baggage"];
  #controller: AbortController | undefined;
  #ended: { readonly reason: unknown } | undefined;

  constructor(context: CallContext) {
    this.requestId = context.requestId;
    this.correlationId = context.correlationId;
    this.trace = context.trace;
    this.deadlineMs = context.deadlineMs;
    this.principal = context.principal;
    this.authorization = context.authorization;
    this.tenant = context.tenant;
    this.caller = context.caller;
    this.baggage = context.baggage;
  }

  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController();
      if (this.#ended) this.#controller.abort(this.#ended.reason);
    }
    return this.#controller.signal;
  }

  abort(reason: unknown): void {
    this.#ended = { reason };
    this.#controller?.abort(reason);
  }
}

import type { Clock, Logger } from "@parley/core";
import { settleWithin } from "@parley/core/internal";
import type { StopLimits, StopOutcome } from "./running.ts";

/** Ends one thing within limits. What it gives back counts only if it is `"forced"`: something was cut off. */
export type Close = (limits: StopLimits) => unknown;

/** What has been opened, to be closed in the opposite order. */
export interface DisposalStack {
  /** Registers what must be closed before everything that is registered already. */
  add(name: string, close: Close): void;
  /** Closes all, latest first, in `graceMs` milliseconds altogether and a second more for what must be cut off. Never rejects. */
  closeAll(limits: StopLimits): Promise<StopOutcome>;
}

/** What is left for all together when the grace is over: enough to close sockets, not enough to wait for work. */
const FORCED_CLOSE_MS = 1_000;
/** What each still has when that is over too: to write what needs no answer, the last lines of the log for one. */
const LAST_WORD_MS = 50;

export function createDisposalStack({ log, clock }: { log: Logger; clock: Clock }): DisposalStack {
  const stack: { readonly name: string; readonly close: Close }[] = [];

  const closeOne = async (name: string, close: Close, limits: StopLimits, limitMs: number): Promise<StopOutcome> => {
    try {
      const work = Promise.resolve(close(limits));
      work.catch(() => {});
      const settled = await settleWithin(work, limitMs, clock);
      if (settled === "settled") return (await work) === "forced" ? "forced" : "drained";
      log.error({ part: name, graceMs: limits.graceMs }, "did not close in time");
    } catch (error) {
      log.error({ part: name, err: error }, "could not be closed");
    }
    return "forced";
  };

  return {
    add: (name, close) => void stack.push({ name, close }),
    async closeAll({ graceMs, signal }) {
      // Whatever is silent, the time is for all together: it passes for those that have yet to be closed as well.
      let untilMs = clock.now() + graceMs;
      const over = new AbortController();
      const onOver = (): void => {
        untilMs = Math.min(untilMs, clock.now());
        over.abort(signal.aborted ? signal.reason : new DOMException("the grace is over", "TimeoutError"));
      };
      const timer = clock.setTimer(graceMs, onOver);
      if (signal.aborted) onOver();
      else signal.addEventListener("abort", onOver, { once: true });
      let outcome: StopOutcome = "drained";
      for (let next = stack.pop(); next; next = stack.pop()) {
        // Whole, as `AbortSignal.timeout` demands: a clock may count fractions.
        const leftMs = Math.ceil(Math.max(0, untilMs - clock.now()));
        const limitMs = Math.max(LAST_WORD_MS, untilMs + FORCED_CLOSE_MS - clock.now());
        const closed = await closeOne(next.name, next.close, { graceMs: leftMs, signal: over.signal }, limitMs);
        if (closed === "forced") outcome = "forced";
      }
      timer.cancel();
      signal.removeEventListener("abort", onOver);
      return outcome;
    },
  };
}

import { type Clock, type Logger, settleWithin } from "@parley/core";
import type { StopLimits, StopOutcome } from "./running.ts";

/** Ends one thing within limits. What it gives back counts only if it is `"forced"`: something was cut off. */
export type Close = (limits: StopLimits) => unknown;

/** What has been opened, to be closed in the opposite order. */
export interface Closers {
  /** Registers what must be closed before everything that is registered already. */
  add(name: string, close: Close): void;
  /** Closes all, latest first, in `graceMs` milliseconds altogether. Never rejects. */
  closeAll(limits: StopLimits): Promise<StopOutcome>;
}

/** What is left when the grace is over: enough to close sockets, not enough to wait for work. */
const FORCED_CLOSE_MS = 1_000;

export function createClosers({ log, clock }: { log: Logger; clock: Clock }): Closers {
  const stack: { readonly name: string; readonly close: Close }[] = [];

  const closeOne = async (name: string, close: Close, limits: StopLimits): Promise<StopOutcome> => {
    try {
      const work = Promise.resolve(close(limits));
      work.catch(() => {});
      const settled = await settleWithin(work, limits.graceMs + FORCED_CLOSE_MS, clock);
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
      const untilMs = clock.now() + graceMs;
      let outcome: StopOutcome = "drained";
      for (let next = stack.pop(); next; next = stack.pop()) {
        const leftMs = signal.aborted ? 0 : Math.max(0, untilMs - clock.now());
        if ((await closeOne(next.name, next.close, { graceMs: leftMs, signal })) === "forced") outcome = "forced";
      }
      return outcome;
    },
  };
}

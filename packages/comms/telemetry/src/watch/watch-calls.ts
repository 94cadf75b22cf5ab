import type { Call, Interceptor } from "@parley/core";
import type { CallEnded, CallOutcome } from "./call-outcome.ts";
import { processStopwatch, type Stopwatch } from "./stopwatch.ts";
import { watchCall } from "./watch-call.ts";

/** Hears of calls, on either side. Neither function may throw. */
export interface CallWatcher {
  begun?(call: Call): void;
  /** Once for each call, when it is over (see {@link watchCall}). */
  ended(call: Call, outcome: CallOutcome): void;
}

export interface WatchCallsOptions {
  readonly stopwatch?: Stopwatch;
}

/**
 * One interceptor for all that only want to know: metrics, a log. Each call is timed once and waited for once, however many
 * watch; an interceptor for each costs 0.8 µs more per call, and a promise more per message of a stream.
 */
export function watchCalls(
  watchers: readonly CallWatcher[],
  { stopwatch = processStopwatch }: WatchCallsOptions = {},
): Interceptor {
  const ended: CallEnded = (call, outcome) => {
    for (const watcher of watchers) watcher.ended(call, outcome);
  };
  return (next) => (call) => {
    for (const watcher of watchers) watcher.begun?.(call);
    return watchCall(call, next, ended, stopwatch);
  };
}

import { type Code, toParleyError } from "@parley/core";
import type { ConsumeInterceptor } from "@parley/core/internal";
import { processStopwatch, type Stopwatch } from "../watch/stopwatch.ts";
import type { CallLogger } from "./log-calls.ts";

export interface LogHandlingsOptions {
  readonly logger: CallLogger;
  readonly stopwatch?: Stopwatch;
}

/**
 * One line for each event or job that a handler was given, when it has ended: `info` if it succeeded, `warn` if it
 * failed, for it may succeed the next time; the bus itself says what became a dead letter. The line has ids, names and
 * times and the error's message and cause; never what the event holds.
 */
export function logConsumption({ logger, stopwatch = processStopwatch }: LogHandlingsOptions): ConsumeInterceptor {
  return (next) => async (handling) => {
    const startMs = stopwatch();
    const write = (level: "info" | "warn", code: Code, failure: object = {}): void => {
      if (logger.isLevelEnabled?.(level) === false) return;
      const { kind, name, group, id, attempt, context } = handling;
      const durationMs = Math.round((stopwatch() - startMs) * 1_000) / 1_000;
      const { requestId, trace, caller } = context;
      const line = {
        code,
        durationMs,
        // Not `name`, which is the service's in every line.
        ...(kind === "event" ? { event: name } : { queue: name }),
        group,
        id,
        attempt,
        requestId,
        traceId: trace.traceId,
        caller,
        ...failure,
      };
      logger[level](line, kind);
    };
    try {
      await next(handling);
    } catch (thrown) {
      const { code, message, cause } = toParleyError(thrown);
      write("warn", code, { error: message, err: cause });
      throw thrown;
    }
    write("info", "OK");
  };
}

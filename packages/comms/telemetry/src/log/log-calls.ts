import { type Call, CODES, type Code, type Logger, type Operation, type ParleyError } from "@parley/core";
import type { CallWatcher } from "../watch/watch-calls.ts";

type LineLevel = "debug" | "info" | "warn" | "error";

/** A logger that can do more than core asks, as those of this package can. */
export interface CallLogger extends Logger {
  /** With it, a line that would not be written is not made. */
  isLevelEnabled?(level: LineLevel): boolean;
  /** With it, what all lines of a method share is written into text once. */
  child?(fields: object): Logger;
}

export interface LogCallsOptions {
  readonly logger: CallLogger;
}

/**
 * One line for each call, when it has ended, on either side; about 2 µs. Level by outcome:
 *
 * - `info`: success, and failures that are the caller's to mend (HTTP 4xx);
 * - `warn`: failures that a client sees as 5xx: UNAVAILABLE, DEADLINE_EXCEEDED, …;
 * - `error`: INTERNAL, UNKNOWN and DATA_LOSS where they arose: on the server, or on a client that made the error itself
 *   (it then has a cause). A client that was told of one warns: the server's own log has the error.
 * - `debug`: health checks, which come every second and whose answer is seen elsewhere.
 *
 * The line has ids, names, times and the error's message and cause; never a token, a header or a message's content.
 */
export function logCalls({ logger }: LogCallsOptions): CallWatcher {
  const perMethod = { client: new WeakMap<Operation, Logger>(), server: new WeakMap<Operation, Logger>() };
  const loggerOf = ({ operation, side }: Call): Logger => {
    let own = perMethod[side].get(operation);
    if (!own) {
      const fields = { side, service: operation.service, method: operation.method };
      own = logger.child?.(fields) ?? withFields(logger, fields);
      perMethod[side].set(operation, own);
    }
    return own;
  };
  return {
    ended(call, { code, durationMs, error, messages }) {
      const level = levelOf(call, code, error);
      if (logger.isLevelEnabled?.(level) === false) return;
      const { context, peer } = call;
      const line = {
        code,
        durationMs: Math.round(durationMs * 1_000) / 1_000,
        requestId: context.requestId,
        traceId: context.trace.traceId,
        peer,
        caller: context.caller,
        requests: messages?.requests,
        responses: messages?.responses,
        error: error?.message,
        err: level === "info" || level === "debug" ? undefined : error?.cause,
      };
      loggerOf(call)[level](line, "call");
    },
  };
}

function withFields(logger: Logger, fields: object): Logger {
  const add = (level: LineLevel) => (line: object, message?: string) => logger[level]({ ...fields, ...line }, message);
  return { debug: add("debug"), info: add("info"), warn: add("warn"), error: add("error") };
}

const HEALTH_SERVICE = "grpc.health.v1.Health";

function levelOf({ side, operation }: Call, code: Code, error: ParleyError | undefined): LineLevel {
  if (operation.service === HEALTH_SERVICE) return "debug";
  if (CODES[code].http < 500) return "info";
  const defect = code === "INTERNAL" || code === "UNKNOWN" || code === "DATA_LOSS";
  return defect && (side === "server" || error?.cause !== undefined) ? "error" : "warn";
}

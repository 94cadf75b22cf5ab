import {
  type Call,
  CODES,
  type Code,
  type Interceptor,
  type Logger,
  type Operation,
  type ParleyError,
  type StreamingCall,
} from "@parley/core";
import { type CallOutcome, processStopwatch, type Stopwatch, watchCall } from "../watch/watch-call.ts";
import { watchStream } from "../watch/watch-stream.ts";

type LineLevel = "info" | "warn" | "error";

/** A logger that can do more than core asks, as those of this package can. */
export interface CallLogger extends Logger {
  /** With it, calls cost nothing when not even errors are logged. */
  isLevelEnabled?(level: LineLevel): boolean;
  /** With it, what all lines of a method share is written into text once. */
  child?(fields: object): Logger;
}

export interface LogCallsOptions {
  readonly logger: CallLogger;
  readonly stopwatch?: Stopwatch;
}

/** How many messages went each way. */
interface MessageCounts {
  requests: number;
  responses: number;
}

/**
 * One line for each call, when it has ended, on either side; about 3 µs. Level by outcome:
 *
 * - `info`: success, and failures that are the caller's to mend (HTTP 4xx);
 * - `warn`: failures that a client sees as 5xx: UNAVAILABLE, DEADLINE_EXCEEDED, …;
 * - `error`: INTERNAL, UNKNOWN and DATA_LOSS where they arose: on the server, or on a client that made the error itself
 *   (it then has a cause). A client that was told of one warns: the server's own log has the error.
 *
 * The line has ids, names, times and the error's message and cause; never a token, a header or a message's content.
 */
export function logCalls({ logger, stopwatch = processStopwatch }: LogCallsOptions): Interceptor {
  const lineWriter = createLineWriter(logger);
  return (next) => (call) => {
    if (logger.isLevelEnabled?.("error") === false) return next(call);
    if (!call.streaming) return watchCall(call, next, (outcome) => lineWriter(call, outcome), stopwatch);
    const counts: MessageCounts = { requests: 0, responses: 0 };
    const counted = countRequests(call, counts);
    const countingNext: typeof next = async (inner) => {
      const reply = await next(inner);
      if (!reply.streaming) return reply;
      const messages = watchStream(reply.messages, { onMessage: () => void counts.responses++ });
      return { streaming: true, header: reply.header, trailer: reply.trailer, messages };
    };
    return watchCall(counted, countingNext, (outcome) => lineWriter(call, outcome, counts), stopwatch);
  };
}

function countRequests(call: StreamingCall, counts: MessageCounts): StreamingCall {
  return { ...call, messages: watchStream(call.messages, { onMessage: () => void counts.requests++ }) };
}

type WriteLine = (call: Call, outcome: CallOutcome, counts?: MessageCounts) => void;

function createLineWriter(logger: CallLogger): WriteLine {
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
  return (call, { code, durationMs, error }, counts) => {
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
      requests: counts?.requests,
      responses: counts?.responses,
      error: error?.message,
      err: level === "info" ? undefined : error?.cause,
    };
    loggerOf(call)[level](line, "call");
  };
}

function withFields(logger: Logger, fields: object): Logger {
  const add = (level: LineLevel | "debug") => (line: object, message?: string) =>
    logger[level]({ ...fields, ...line }, message);
  return { debug: add("debug"), info: add("info"), warn: add("warn"), error: add("error") };
}

function levelOf({ side }: Call, code: Code, error: ParleyError | undefined): LineLevel {
  if (CODES[code].http < 500) return "info";
  const defect = code === "INTERNAL" || code === "UNKNOWN" || code === "DATA_LOSS";
  return defect && (side === "server" || error?.cause !== undefined) ? "error" : "warn";
}

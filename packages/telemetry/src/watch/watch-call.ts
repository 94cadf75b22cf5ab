import {
  abortingOf,
  type Call,
  type CallHandler,
  type Code,
  listenTo,
  ParleyError,
  type Reply,
  type StreamingCall,
  toParleyError,
  unlistenTo,
} from "@parley/core";
import { watchStream } from "./watch-stream.ts";

/** How a call ended, as seen from the side that watched it. */
export interface CallOutcome {
  readonly code: Code;
  /** Present unless the code is OK. */
  readonly error?: ParleyError;
  /** From the call to its reply; of a stream, to the end of its last message. */
  readonly durationMs: number;
  /** How many messages a stream carried each way; absent of a unary call. */
  readonly messages?: MessageCounts;
}

export interface MessageCounts {
  readonly requests: number;
  readonly responses: number;
}

/** Monotonic milliseconds with fractions. An option of whatever measures, so that tests own the time. */
export type Stopwatch = () => number;

/** The process's monotonic clock: unlike `Date.now()` it has fractions and never jumps. */
export const processStopwatch: Stopwatch = () => performance.now();

/**
 * Makes the call and says how it ended, exactly once: a unary call when its reply is there, a streaming call when its
 * stream of replies is over, is stopped by its reader, or the call's deadline or cancellation ends it unread. What the
 * caller gets is unchanged. `ended` must not throw.
 */
export function watchCall(
  call: Call,
  next: CallHandler,
  ended: (outcome: CallOutcome) => void,
  stopwatch: Stopwatch = processStopwatch,
): Promise<Reply> {
  return call.streaming ? watchStreaming(call, next, ended, stopwatch) : watchUnary(call, next, ended, stopwatch);
}

/** Not an async function: that would make three promises where one will do. */
function watchUnary(
  call: Call,
  next: CallHandler,
  ended: (outcome: CallOutcome) => void,
  stopwatch: Stopwatch,
): Promise<Reply> {
  const startMs = stopwatch();
  const onError = (thrown: unknown): never => {
    const durationMs = stopwatch() - startMs;
    ended(answeredWithout(call, durationMs) ?? failed(thrown, durationMs));
    throw thrown;
  };
  let replying: Promise<Reply>;
  try {
    replying = next(call);
  } catch (thrown) {
    return onError(thrown);
  }
  return replying.then((reply) => {
    const durationMs = stopwatch() - startMs;
    ended(answeredWithout(call, durationMs) ?? { code: "OK", durationMs });
    return reply;
  }, onError);
}

/**
 * How the call ended for its caller, if that was before its method did: the server answers at the deadline itself, and a
 * caller may go away. What the method gives after that reaches nobody.
 */
function answeredWithout({ side, context }: Call, durationMs: number): CallOutcome | undefined {
  if (side !== "server") return undefined;
  const aborting = abortingOf(context);
  return aborting.aborted ? failed(aborting.reason, durationMs) : undefined;
}

async function watchStreaming(
  call: StreamingCall,
  next: CallHandler,
  ended: (outcome: CallOutcome) => void,
  stopwatch: Stopwatch,
): Promise<Reply> {
  const startMs = stopwatch();
  const aborting = abortingOf(call.context);
  const messages = { requests: 0, responses: 0 };
  let over = false;
  const end = (thrown?: unknown): void => {
    if (over) return;
    over = true;
    unlistenTo(aborting, onAbort);
    const durationMs = stopwatch() - startMs;
    ended(thrown === undefined ? { code: "OK", durationMs, messages } : { ...failed(thrown, durationMs), messages });
  };
  const onAbort = (): void => end(aborting.reason);
  if (!aborting.aborted) listenTo(aborting, onAbort);

  let reply: Reply;
  try {
    const { operation, side, context, metadata, peer } = call;
    const watched = watchStream(call.messages, { onMessage: () => void messages.requests++ });
    reply = await next({ operation, side, context, metadata, peer, streaming: true, messages: watched });
  } catch (thrown) {
    end(thrown ?? new Error("nothing was thrown"));
    throw thrown;
  }
  if (!reply.streaming) {
    end();
    return reply;
  }
  const watched = watchStream(reply.messages, {
    onMessage: () => void messages.responses++,
    onEnd(outcome) {
      if (outcome.how === "finished") end();
      else if (outcome.how === "stopped") end(aborting.aborted ? aborting.reason : stoppedReading());
      else end(outcome.thrown ?? new Error("nothing was thrown"));
    },
  });
  return { streaming: true, header: reply.header, trailer: reply.trailer, messages: watched };
}

function failed(thrown: unknown, durationMs: number): CallOutcome {
  const error = toParleyError(thrown);
  return { code: error.code, error, durationMs };
}

function stoppedReading(): ParleyError {
  return new ParleyError("CANCELLED", "the reader stopped before the end of the stream");
}

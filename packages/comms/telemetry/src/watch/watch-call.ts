import type { Call, CallHandler, Reply, StreamingCall } from "@parley/core";
import { abortOf, watchStream } from "@parley/core/internal";
import { type CallEnded, type CallOutcome, failed } from "./call-outcome.ts";
import { processStopwatch, type Stopwatch } from "./stopwatch.ts";
import { StreamingWatch } from "./streaming-watch.ts";

/**
 * Makes the call and says how it ended, exactly once: a unary call when its reply is there, a streaming call when its
 * stream of replies is over, is stopped by its reader, or the call's deadline or cancellation ends it unread. What the
 * caller gets is unchanged. `ended` must not throw; one for all calls, since one for each is held for as long as a stream is open.
 */
export function watchCall(
  call: Call,
  next: CallHandler,
  ended: CallEnded,
  stopwatch: Stopwatch = processStopwatch,
): Promise<Reply> {
  return call.streaming ? watchStreaming(call, next, ended, stopwatch) : watchUnary(call, next, ended, stopwatch);
}

/** Not an async function: that would make three promises where one will do. */
function watchUnary(call: Call, next: CallHandler, ended: CallEnded, stopwatch: Stopwatch): Promise<Reply> {
  const startMs = stopwatch();
  const onError = (thrown: unknown): never => {
    const durationMs = stopwatch() - startMs;
    ended(call, answeredWithout(call, durationMs) ?? failed(thrown, durationMs));
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
    ended(call, answeredWithout(call, durationMs) ?? { code: "OK", durationMs });
    return reply;
  }, onError);
}

/**
 * How the call ended for its caller, if that was before its method did: the server answers at the deadline itself, and a
 * caller may go away. What the method gives after that reaches nobody.
 */
function answeredWithout({ side, context }: Call, durationMs: number): CallOutcome | undefined {
  if (side !== "server") return undefined;
  const aborting = abortOf(context);
  return aborting.aborted ? failed(aborting.reason, durationMs) : undefined;
}

async function watchStreaming(
  call: StreamingCall,
  next: CallHandler,
  ended: CallEnded,
  stopwatch: Stopwatch,
): Promise<Reply> {
  const watch = new StreamingWatch(call, ended, stopwatch);
  let reply: Reply;
  try {
    const { operation, side, context, metadata, peer, messages } = call;
    const requests = watchStream(messages, watch.requests);
    reply = await next({ operation, side, context, metadata, peer, streaming: true, messages: requests });
  } catch (thrown) {
    watch.fail(thrown);
    throw thrown;
  }
  if (!reply.streaming) {
    watch.finish();
    return reply;
  }
  return {
    streaming: true,
    header: reply.header,
    trailer: reply.trailer,
    messages: watchStream(reply.messages, watch),
  };
}

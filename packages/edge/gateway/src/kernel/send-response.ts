import type { Writable } from "node:stream";
import { type Clock, ParleyError } from "@parley/core";
import { stopIterator } from "@parley/core/internal";
import type { Answer } from "./request/answer.ts";
import type { RouteResponse, StreamedBody } from "./route.ts";

export interface SendLimits {
  /** How long a client may leave the response unread. */
  readonly stallTimeoutMs: number;
  /** How long a body that comes in pieces may take. */
  readonly streamTimeoutMs: number;
  readonly clock: Clock;
}

/** They follow from the connection and the body; one that a handler sets would contradict how the response is framed. */
const OWN_HEADERS = new Set(["content-length", "transfer-encoding", "keep-alive", "upgrade", "trailer"]);

/**
 * Sends what a handler has answered. A body in pieces is sent at the client's pace.
 *
 * @param onFailure takes what a body in pieces failed with; the connection has been cut then.
 * @throws TypeError for a header that may not be sent; nothing has been sent then.
 */
export function sendResponse(
  { status, headers, body }: RouteResponse,
  answer: Answer,
  limits: SendLimits,
  onFailure: (error: unknown) => void,
): void {
  if (!answer.open) return discard(body);
  for (const name in headers) {
    const value = headers[name];
    const key = name.toLowerCase();
    if (OWN_HEADERS.has(key)) throw new TypeError(`the response sets ${key}, which the gateway derives from its body`);
    if (value !== undefined) answer.header(key, value);
  }
  if (body === undefined || typeof body === "string" || body instanceof Uint8Array) return answer.send(status, body);
  if (isStreamed(body)) return body.pipe(answer.begin(status), onFailure);
  void writePieces(body, answer.begin(status), limits).catch(onFailure);
}

/** Ends a body that is not sent. */
export function discard(body: RouteResponse["body"]): void {
  if (body === undefined || typeof body === "string" || body instanceof Uint8Array) return;
  if (isStreamed(body)) body.cancel();
  else void stopIterator(body[Symbol.asyncIterator]());
}

function isStreamed(body: AsyncIterable<unknown> | StreamedBody): body is StreamedBody {
  return "pipe" in body && "cancel" in body;
}

/** Rejects if the body fails, takes too long, or the client leaves; the connection is cut then, so that no reader takes a part for the whole. */
async function writePieces(
  body: AsyncIterable<string | Uint8Array>,
  stream: Writable,
  { stallTimeoutMs, streamTimeoutMs, clock }: SendLimits,
): Promise<void> {
  const iterator = body[Symbol.asyncIterator]();
  const { promise: ended, reject: end } = Promise.withResolvers<never>();
  ended.catch(() => {}); // it is raced with below
  const timer = clock.setTimer(streamTimeoutMs, () =>
    end(new ParleyError("DEADLINE_EXCEEDED", `the body was not sent within ${streamTimeoutMs} ms`)),
  );
  stream.once("close", () => end(new ParleyError("CANCELLED", "the client went away")));
  try {
    for (;;) {
      const { done, value } = await Promise.race([iterator.next(), ended]);
      if (done) break;
      if (!stream.write(value)) await Promise.race([drained(stream, stallTimeoutMs, clock), ended]);
    }
    stream.end();
  } catch (error) {
    stream.destroy();
    void stopIterator(iterator);
    throw error;
  } finally {
    timer.cancel();
  }
}

/** Resolves once there is room for more; rejects if the client is gone or reads nothing for too long. */
export function drained(stream: Writable, limitMs: number, clock: Clock): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      timer.cancel();
      stream.off("drain", onDrain).off("close", onClose);
    };
    const onDrain = (): void => {
      settle();
      resolve();
    };
    const onClose = (): void => {
      settle();
      reject(new ParleyError("CANCELLED", "the client went away"));
    };
    const timer = clock.setTimer(limitMs, () => stream.destroy());
    stream.once("drain", onDrain).once("close", onClose);
    if (stream.destroyed) onClose();
  });
}

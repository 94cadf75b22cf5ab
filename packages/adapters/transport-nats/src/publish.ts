import { createInbox, type Msg } from "@nats-io/transport-node";
import { type Clock, isParleyError, ParleyError, sleep } from "@parley/core";
import { createInFlight, type Envelope, type PublishOptions, type TopicSpec } from "@parley/transport";
import type { Connection } from "./connection.ts";
import { encodeStoredHeaders } from "./envelope-headers.ts";
import { type BrokerFault, codeOfFault, toNatsError } from "./errors.ts";

export interface Publisher {
  publish(topic: string, envelopes: readonly Envelope[], options?: PublishOptions): Promise<void>;
  close(): void;
}

export interface PublisherSettings {
  readonly connection: Connection;
  readonly timeoutMs: number;
  readonly specOf: (topic: string) => TopicSpec | undefined;
  readonly clock: Clock;
}

/** What became of one sending: the broker's answer, or `lost` with the connection, where nobody knows. */
type Answer = Msg | "lost";

/** One call of `publish`. */
interface Call {
  readonly topic: string;
  readonly signal: AbortSignal;
  /** What the server said last: it stores nothing on that subject now. */
  isRefused: boolean;
}

/** Sent and not yet acknowledged, of all calls together; more wait their turn. */
const UNACKNOWLEDGED = { messages: 512, bytes: Number.POSITIVE_INFINITY };
/** While a restarted server elects and recovers, it answers that nobody is there. */
const NOT_READY_RETRY_MS = 100;

/**
 * Publishing with acknowledgement. Events of one key go one by one, each sent when the one before it is stored: a server
 * that refuses one event and takes the next (it restarts, or is nearly full) would otherwise turn their order around.
 * Keys and events without one go side by side. What was in flight when the connection was lost is sent again under the
 * same message id, which the stream stores once.
 */
export function createPublisher({ connection, timeoutMs, specOf, clock }: PublisherSettings): Publisher {
  const { nats } = connection;
  const inbox = createInbox();
  const waiting = new Map<string, (answer: Answer) => void>();
  const inFlight = createInFlight(UNACKNOWLEDGED);
  const closing = new AbortController();
  let sent = 0;

  const subscription = nats.subscribe(`${inbox}.*`, {
    callback: (error, message) => {
      if (error) return;
      waiting.get(message.subject)?.(message);
    },
  });
  const unwatch = connection.watch((isUp) => {
    if (isUp) return;
    for (const settle of [...waiting.values()]) settle("lost");
  });

  function sendOnce(topic: string, envelope: Envelope, signal: AbortSignal): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const reply = `${inbox}.${sent++}`;
      const leave = (): void => {
        waiting.delete(reply);
        signal.removeEventListener("abort", onAbort);
      };
      const onAbort = (): void => {
        leave();
        reject(signal.reason);
      };
      waiting.set(reply, (answer) => {
        leave();
        resolve(answer);
      });
      signal.addEventListener("abort", onAbort, { once: true });
      try {
        nats.publish(topic, envelope.data, { headers: encodeStoredHeaders(envelope), reply });
      } catch (error) {
        leave();
        reject(toNatsError(error, `cannot publish ${envelope.id} on ${topic}`));
      }
    });
  }

  async function store(call: Call, envelope: Envelope): Promise<void> {
    const { topic, signal } = call;
    await inFlight.enter(envelope.data.byteLength, signal);
    try {
      for (;;) {
        await connection.whenUp(signal);
        const answer = await sendOnce(topic, envelope, signal);
        if (answer === "lost") continue;
        call.isRefused = !isStored(answer, topic, envelope);
        if (!call.isRefused) return;
        await sleep(NOT_READY_RETRY_MS, { signal, clock });
      }
    } finally {
      inFlight.leave(envelope.data.byteLength);
    }
  }

  async function storeLine(call: Call, line: readonly Envelope[]): Promise<void> {
    for (const envelope of line) {
      call.signal.throwIfAborted();
      await store(call, envelope);
    }
  }

  return {
    async publish(topic, envelopes, { signal } = {}) {
      closing.signal.throwIfAborted();
      const ending = new AbortController();
      const call: Call = { topic, signal: ending.signal, isRefused: false };
      const timer = clock.setTimer(timeoutMs, () => ending.abort());
      const onAbort = (): void => ending.abort();
      const onClose = (): void => ending.abort(closing.signal.reason);
      if (signal?.aborted) ending.abort();
      signal?.addEventListener("abort", onAbort, { once: true });
      closing.signal.addEventListener("abort", onClose, { once: true });
      try {
        const lines = linesOf(envelopes, specOf(topic)?.ordering ?? "key");
        await Promise.all(lines.map((line) => storeLine(call, line)));
      } catch (error) {
        const wasCut = ending.signal.aborted;
        ending.abort();
        if (!wasCut || isParleyError(error)) throw error;
        if (!connection.isUp) throw unavailable(topic, "NATS has not been reached");
        if (call.isRefused) throw unavailable(topic, "no stream holds it, or its server is not ready");
        throw cutShort(topic, signal, timeoutMs);
      } finally {
        timer.cancel();
        signal?.removeEventListener("abort", onAbort);
        closing.signal.removeEventListener("abort", onClose);
      }
    },
    close() {
      unwatch();
      subscription.unsubscribe();
      closing.abort(new ParleyError("UNAVAILABLE", "the transport to NATS is closed"));
    },
  };
}

/** Events that must be stored one after the other. */
function linesOf(envelopes: readonly Envelope[], ordering: TopicSpec["ordering"]): readonly (readonly Envelope[])[] {
  if (ordering === "none") return envelopes.map((envelope) => [envelope]);
  if (ordering === "topic") return [envelopes];
  const lines: Envelope[][] = [];
  const byKey = new Map<string, Envelope[]>();
  for (const envelope of envelopes) {
    const line = envelope.key === undefined ? undefined : byKey.get(envelope.key);
    if (line) {
      line.push(envelope);
      continue;
    }
    const started = [envelope];
    lines.push(started);
    if (envelope.key !== undefined) byKey.set(envelope.key, started);
  }
  return lines;
}

/** False when the server is not ready yet. */
function isStored(answer: Msg, topic: string, envelope: Envelope): boolean {
  // Nobody listens on the subject: the server restarts, or no stream holds it.
  if (answer.headers?.code === 503) return false;
  const { error } = parseAnswer(answer);
  if (!error) return true;
  const code = codeOfFault(error);
  if (code === "UNAVAILABLE") return false;
  throw new ParleyError(code, `NATS refuses event ${envelope.id} on ${topic}: ${error.description ?? error.code}`);
}

function parseAnswer(answer: Msg): { readonly error?: BrokerFault | undefined } {
  try {
    return answer.json<{ error?: BrokerFault }>();
  } catch (cause) {
    throw new ParleyError("INTERNAL", "NATS acknowledged with something that is not JSON", { cause });
  }
}

function unavailable(topic: string, why: string): ParleyError {
  return new ParleyError("UNAVAILABLE", `cannot publish on ${topic}: ${why}; publish again later`);
}

function cutShort(topic: string, signal: AbortSignal | undefined, timeoutMs: number): ParleyError {
  const limit = signal?.aborted ? "within the caller's time" : `within ${timeoutMs} ms`;
  const message = `NATS has not acknowledged every event on ${topic} ${limit}; some may be stored: publish again, repeats are dropped`;
  return new ParleyError("DEADLINE_EXCEEDED", message, { cause: signal?.reason });
}

import type { Clock } from "@parley/core";
import { abortable, timeLimit } from "@parley/core/internal";
import { createInFlight, type Envelope, type PublishOptions } from "@parley/transport";
import { toFields } from "./envelope-headers.ts";
import { toRedisError, waitedTooLong } from "./errors.ts";
import type { Link, Session } from "./link.ts";
import { APPEND, runScript } from "./scripts.ts";
import { streamOf } from "./topics.ts";

export interface PublisherOptions {
  readonly link: Link;
  readonly timeoutMs: number;
  readonly clock: Clock;
}

/** Batches that were sent and not answered; more waits. */
const UNANSWERED = { messages: 1_000, bytes: 32 * 1024 * 1024 };

/** Appends to the stream of a topic, a batch whole or not at all. */
export function createPublisher({ link, timeoutMs, clock }: PublisherOptions) {
  const inFlight = createInFlight(UNANSWERED);

  return async function publish(topic: string, envelopes: readonly Envelope[], options: PublishOptions = {}) {
    const bytes = envelopes.reduce((sum, { data }) => sum + data.byteLength, 0);
    const limit = timeLimit(timeoutMs, { clock, signal: options.signal });
    const doing = `publishing ${envelopes.length} to ${topic}`;
    let session: Session | undefined;
    try {
      session = link.current ?? (await link.session(limit.signal));
      await inFlight.enter(bytes, limit.source);
      const answer = append(session, topic, envelopes);
      const leave = (): void => inFlight.leave(bytes);
      answer.then(leave, leave);
      await abortable(answer, limit.source);
    } catch (error) {
      if (!limit.source.aborted) throw toRedisError(error, doing);
      throw (!session && link.lastError) || waitedTooLong(doing, error);
    } finally {
      limit.release();
    }
  };
}

async function append(session: Session, topic: string, envelopes: readonly Envelope[]): Promise<void> {
  const [first] = envelopes;
  if (first && envelopes.length === 1) {
    await session.send("XADD", streamOf(topic), "*", ...toFields(first));
    return;
  }
  const batch = envelopes.flatMap((envelope) => {
    const fields = toFields(envelope);
    return [String(fields.length), ...fields];
  });
  await runScript(session, APPEND, [streamOf(topic)], batch);
}

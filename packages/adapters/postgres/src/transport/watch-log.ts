import { type Backoff, type Clock, sleep } from "@parley/core";
import { backoffDelayMs } from "@parley/core/internal";
import { detachContext } from "../outside-of-calls.ts";
import { type LogTail, openLogTail } from "./log-tail.ts";
import type { ResolvedTransportOptions } from "./options.ts";
import { EVENTS_CHANNEL } from "./tables.ts";
import { createWakeUp } from "./wake-up.ts";

/** What was settled since the last time. */
export interface LogNews {
  readonly from: bigint;
  readonly to: bigint;
  /** Whether there may be events of a topic between the two. */
  mayHave(topic: string): boolean;
}

/** The one eye that a transport has on the log, for all its consumers. */
export interface LogWatch {
  readonly settled: bigint;
  /** Looks now. Rejects when the database cannot be reached. */
  look(): Promise<void>;
  /** Looks soon. */
  wake(): void;
  onNews(callback: (news: LogNews) => void): () => void;
  close(): Promise<void>;
}

/** When the database cannot be reached. */
const BACKOFF: Backoff = { initialMs: 100, maxMs: 5_000, multiplier: 2, jitter: "equal" };
/** While a position that is still to come holds up others. */
const HELD_BACKOFF: Backoff = { initialMs: 1, maxMs: 100, multiplier: 2, jitter: "none" };

/** A writer that takes longer holds up what is before its position and the start of those who want the latest alone. */
const CATCH_UP_MS = 2_000;
const CATCH_UP_PAUSE_MS = 10;

/** Who begins at the latest must not begin before what has been there for long. */
async function catchUp(tail: LogTail, clock: Clock): Promise<void> {
  const giveUpAtMs = clock.now() + CATCH_UP_MS;
  for (;;) {
    const { state } = await tail.advance();
    if (state === "at the end" || clock.now() > giveUpAtMs) return;
    if (state === "held") await sleep(CATCH_UP_PAUSE_MS, { clock });
  }
}

/** Looks at the log when somebody says that there is something, and every `pollMs` whether or not. */
export async function watchLog(options: ResolvedTransportOptions, self: string): Promise<LogWatch> {
  const { database, clock, logger, random, pollMs, onConnection } = options;
  const closed = new AbortController();
  const tail: LogTail = await openLogTail({
    query: (text, params) => database.query(text, params, { signal: closed.signal }),
  });
  await catchUp(tail, clock);
  const callbacks = new Set<(news: LogNews) => void>();
  const alarm = createWakeUp(clock);
  let looking: Promise<"now" | "soon" | "later"> | undefined;

  const lookOnce = async (): Promise<"now" | "soon" | "later"> => {
    const from = tail.settled;
    const { topics, state } = await tail.advance();
    const named = topics && new Set(topics);
    const news: LogNews = { from, to: tail.settled, mayHave: (topic) => named?.has(topic) ?? true };
    if (news.to > from) for (const callback of callbacks) callback(news);
    return state === "more" ? "now" : state === "held" ? "soon" : "later";
  };
  const look = (): Promise<"now" | "soon" | "later"> => {
    looking ??= lookOnce().finally(() => {
      looking = undefined;
    });
    return looking;
  };

  const loop = async (): Promise<void> => {
    let [failures, held] = [0, 0];
    while (!closed.signal.aborted) {
      try {
        const next = await look();
        onConnection("connected");
        if (failures > 0) logger.info({ database: database.location }, "the log of events can be read again");
        failures = 0;
        held = next === "soon" ? held + 1 : 0;
        if (next === "later") await alarm.wait(pollMs);
        if (next === "soon") await alarm.wait(Math.min(pollMs, backoffDelayMs(HELD_BACKOFF, held, random)));
      } catch (error) {
        failures += 1;
        if (closed.signal.aborted) return;
        onConnection("away");
        if (failures === 1)
          logger.warn({ err: error, database: database.location }, "the log of events cannot be read");
        await alarm.wait(backoffDelayMs(BACKOFF, failures, random));
      }
    }
  };

  // Who is told by a notification that it sent itself has looked already.
  const hearing = await database.listen(EVENTS_CHANNEL, (payload) => payload !== self && alarm.wake());
  const looping = detachContext(loop);
  return {
    get settled() {
      return tail.settled;
    },
    async look() {
      while ((await look()) === "now");
    },
    wake: alarm.wake,
    onNews(callback) {
      callbacks.add(callback);
      return () => void callbacks.delete(callback);
    },
    async close() {
      closed.abort();
      alarm.wake();
      await Promise.allSettled([looping, hearing.close()]);
    },
  };
}

import { type Clock, type Logger, sleep } from "@parley/core";
import { backoffDelayMs, loopBudget, settleWithin } from "@parley/core/internal";
import type { Consumer, Delivery, Outcome } from "@parley/transport";
import { createListeners } from "./listeners.ts";
import { CLOCK_SKEW_MS, eventKeyOf, LiveLog } from "./live-log.ts";
import type { ResolvedRealtimeOptions } from "./options.ts";
import type { PayloadReader } from "./payloads.ts";

/** The one subscription of an instance, and the log that it fills. */
export interface Feed {
  readonly log: LiveLog;
  /** Settles once what happened before the start has been read, so that clients can begin at the present. Never rejects. */
  readonly ready: Promise<void>;
  /** Asks the transport whether everything has arrived, and lets go of what is too old. Never rejects. */
  look(): Promise<void>;
  close(signal?: AbortSignal): Promise<void>;
}

export interface FeedOptions {
  readonly options: ResolvedRealtimeOptions;
  readonly readPayload: PayloadReader;
  /** Names this instance among all that ever run. */
  readonly instance: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly onEvent: () => void;
  /** Events may have been missed; the log has begun anew. */
  readonly onMissed: (reason: string) => void;
}

const RETRY = { initialMs: 500, maxMs: 10_000, multiplier: 2, jitter: "full" } as const;
/**
 * How long reading the past may hold clients back: less than they wait (see the hub). What is read of it later reaches
 * those who begin at the present as well: old news is better than none.
 */
const WARM_UP_MS = 4_000;
const WARM_UP_LOOK_MS = 50;
const LAG_TIMEOUT_MS = 5_000;
const CLOSE_TIMEOUT_MS = 5_000;
/** A handler here only takes note. */
const ACKNOWLEDGE_WITHIN_MS = 30_000;

export function createFeed(feed: FeedOptions): Feed {
  const { options, readPayload, clock, logger } = feed;
  const { transport, events, keepMs } = options;
  const listeners = createListeners(options.listeners, logger);
  const { replay } = transport.capabilities;
  const sinceMs = clock.now() - keepMs - CLOCK_SKEW_MS;
  const heldSinceMs = replay ? clock.now() - keepMs : Number.POSITIVE_INFINITY;
  const log = new LiveLog({ ...options, clock, heldSinceMs });
  const controller = new AbortController();
  const { signal } = controller;
  let generation = 0;
  let counted = 0n;
  let looking: Promise<boolean> | undefined;
  if (!replay) log.open(ownLog());

  /** Where the transport has no log, this instance's own count is one; after a gap it is another. */
  function ownLog(): string {
    return `${feed.instance}:${generation}`;
  }

  function miss(reason: string): void {
    logger.warn({ transport: transport.name, reason }, "live events may have been missed: clients are told");
    log.forget();
    listeners.missed();
    generation++;
    counted = 0n;
    if (!replay) log.open(ownLog());
    feed.onMissed(reason);
  }

  async function take(delivery: Delivery): Promise<Outcome> {
    // Behind the clients that wait for their turn: else a burst of events would overtake them.
    if (!loopBudget.admit()) await loopBudget.nextTurn();
    const { topic, envelope, position } = delivery;
    const place = position ?? { log: ownLog(), offset: ++counted };
    listeners.hear(delivery);
    const entry = read(delivery);
    if (log.append(place, eventKeyOf(envelope), entry) === "late") {
      miss(`${topic} came out of turn`);
      log.append(place, eventKeyOf(envelope), entry);
    }
    feed.onEvent();
    return "done";
  }

  function read(delivery: Delivery): ReturnType<PayloadReader> | undefined {
    try {
      return readPayload(delivery);
    } catch (error) {
      const { id, source } = delivery.envelope;
      logger.warn({ err: error, topic: delivery.topic, id, source }, "an event that is not of its schema is not shown");
      return undefined;
    }
  }

  async function subscribe(): Promise<Consumer> {
    for (let failures = 1; ; failures++) {
      try {
        return await transport.subscribe(
          {
            topics: [...new Set([...events.map(({ event }) => event.topic), ...listeners.topics])],
            group: undefined,
            from: replay ? { sinceMs } : "latest",
            // One at a time and as they stand in the log: a cursor passes a place only once all before it is here. An
            // order by key would let the first event of one key pass the second of another.
            concurrency: 1,
            ordering: "none",
            acknowledgeWithinMs: ACKNOWLEDGE_WITHIN_MS,
            onMissed: miss,
          },
          take,
        );
      } catch (error) {
        if (signal.aborted) throw error;
        logger.warn({ err: error, transport: transport.name, failures }, "live events cannot be heard yet");
        await sleep(backoffDelayMs(RETRY, failures, options.random), { signal, clock });
      }
    }
  }

  async function look(): Promise<boolean> {
    log.trim();
    const atMs = clock.now();
    const limit = new AbortController();
    const timer = clock.setTimer(LAG_TIMEOUT_MS, () => limit.abort(new Error("the transport did not answer in time")));
    try {
      const isUpToDate = (await (await consumer).lag({ signal: limit.signal })) === 0;
      if (isUpToDate) log.confirm(atMs);
      return isUpToDate;
    } catch (error) {
      logger.debug({ err: error, transport: transport.name }, "how far live events lag behind is not known");
      return false;
    } finally {
      timer.cancel();
    }
  }

  async function warmUp(): Promise<void> {
    await consumer;
    if (!replay) return;
    const untilMs = clock.now() + WARM_UP_MS;
    while (!(await look()) && clock.now() < untilMs) await sleep(WARM_UP_LOOK_MS, { signal, clock });
  }

  const consumer = subscribe();
  consumer.catch(() => {}); // only a close ends it, and close knows
  return {
    log,
    ready: warmUp().catch(() => {}),
    async look() {
      looking ??= look().finally(() => {
        looking = undefined;
      });
      await looking;
    },
    async close(closeSignal) {
      controller.abort(new Error("the gateway stops"));
      const closed = consumer.then(
        (open) => open.close({ signal: closeSignal }),
        () => {},
      );
      await settleWithin(closed, CLOSE_TIMEOUT_MS, clock);
    },
  };
}

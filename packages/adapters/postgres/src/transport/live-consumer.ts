import type { Backoff, Executor } from "@parley/core";
import { backoffDelayMs } from "@parley/core/internal";
import {
  type CloseOptions,
  type Consumer,
  createKeyedExecutor,
  type DeliveryHandler,
  type Subscription,
} from "@parley/transport";
import { detachContext } from "../outside-of-calls.ts";
import { bufferOf, createAttempts, lineOf } from "./deliver.ts";
import { startOf } from "./group.ts";
import type { ResolvedTransportOptions } from "./options.ts";
import { readTopics } from "./read-log.ts";
import { createReadSize } from "./read-size.ts";
import { createWakeUp } from "./wake-up.ts";
import type { LogWatch } from "./watch-log.ts";

export interface LiveConsumerOptions {
  readonly options: ResolvedTransportOptions;
  readonly subscription: Subscription;
  readonly handler: DeliveryHandler;
  readonly watch: LogWatch;
}

const BACKOFF: Backoff = { initialMs: 100, maxMs: 5_000, multiplier: 2, jitter: "equal" };

const COUNT = "SELECT count(*)::integer AS lag FROM parley_events WHERE topic = ANY($1::text[]) AND position > $2";

/** A group of its own that the database knows nothing of: it begins where it is told and hears each event once. */
export async function createLiveConsumer(given: LiveConsumerOptions): Promise<Consumer> {
  const { options, subscription, handler, watch } = given;
  const { database, clock, logger, random } = options;
  const { topics } = subscription;
  const executor = createKeyedExecutor({ concurrency: subscription.concurrency, clock });
  const size = createReadSize(bufferOf(subscription));
  const reading = createWakeUp(clock);
  const lost = new AbortController();
  const closed = new AbortController();
  const reader: Executor = {
    query: (text, params) => database.query(text, params, { signal: closed.signal }),
  };
  let read = await startOf(database, topics, subscription.from, watch.settled);
  let closing = false;

  const readSome = async (): Promise<void> => {
    const limit = size.room(executor.size);
    const { events, reached } = await readTopics(reader, topics, { after: read, upTo: watch.settled, limit });
    size.saw(events);
    for (const event of events) {
      const attempts = createAttempts({
        event,
        handler,
        withinMs: subscription.acknowledgeWithinMs,
        lost: lost.signal,
        clock,
      });
      const once = async (): Promise<"done"> => {
        await attempts.run().catch((error: unknown) => {
          logger.error({ err: error, topic: event.topic }, "a handler of live events failed");
        });
        return "done";
      };
      void executor.run(lineOf(subscription, event), once);
    }
    read = reached;
  };

  const loop = async (): Promise<void> => {
    for (let failures = 0; !closing; ) {
      await executor.below(size.wanted());
      if (closing) return;
      try {
        if (read < watch.settled) await readSome();
        else await reading.wait();
        failures = 0;
      } catch (error) {
        failures += 1;
        logger.debug({ err: error, topics }, "live events cannot be read");
        await reading.wait(backoffDelayMs(BACKOFF, failures, random));
      }
    }
  };

  const forget = watch.onNews(({ from, to, mayHave }) => {
    if (read >= from && read < to && !topics.some(mayHave)) read = to;
    else reading.wake();
  });
  const looping = detachContext(loop);

  const close = async ({ signal }: CloseOptions): Promise<void> => {
    closing = true;
    closed.abort();
    forget();
    reading.wake();
    const force = (): void => lost.abort();
    if (signal?.aborted) force();
    signal?.addEventListener("abort", force, { once: true });
    await executor.close(signal ? { signal } : {});
    signal?.removeEventListener("abort", force);
    await looping;
  };
  let leaving: Promise<void> | undefined;

  return {
    async lag({ signal } = {}) {
      const { rows } = await database.query<{ lag: number }>(COUNT, [topics, read], { signal });
      return (rows[0]?.lag ?? 0) + executor.size;
    },
    close(closeOptions = {}) {
      leaving ??= close(closeOptions);
      return leaving;
    },
  };
}

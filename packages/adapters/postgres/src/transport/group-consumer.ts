import type { Backoff, ParleyError } from "@parley/core";
import { backoffDelayMs, settleWithin } from "@parley/core/internal";
import {
  type CloseOptions,
  type Consumer,
  createKeyedExecutor,
  type DeliveryHandler,
  type Subscription,
} from "@parley/transport";
import type { Notifier } from "../notifier.ts";
import { detachContext } from "../outside-of-calls.ts";
import { createAcknowledger } from "./acknowledge-parts.ts";
import { bufferOf, createAttempts, lineOf } from "./deliver.ts";
import type { Group } from "./group.ts";
import { createHeldParts } from "./hold-parts.ts";
import type { ResolvedTransportOptions } from "./options.ts";
import type { Part } from "./part.ts";
import { type LoggedEvent, readParts, readTopics } from "./read-log.ts";
import { createReadSize } from "./read-size.ts";
import { GROUPS_CHANNEL, WHOLE_TOPIC } from "./tables.ts";
import { createWakeUp } from "./wake-up.ts";
import type { LogNews, LogWatch } from "./watch-log.ts";

export interface GroupConsumerOptions {
  readonly options: ResolvedTransportOptions;
  readonly subscription: Subscription & { readonly group: string };
  readonly handler: DeliveryHandler;
  readonly group: Group;
  readonly watch: LogWatch;
  /** On {@link GROUPS_CHANNEL}. */
  readonly notifier: Notifier;
}

/** A member lives this long without a word, at least: a short pause of its process must not cost it its parts. */
const MIN_LEASE_MS = 2_000;
const MAX_BEAT_MS = 2_000;
/** Events of one part that were handled ahead of one that is not: then reading of it pauses. */
const MAX_AHEAD = 10_000;
const BACKOFF: Backoff = { initialMs: 100, maxMs: 5_000, multiplier: 2, jitter: "equal" };
/** How long a close may take to tell a database that does not answer. */
const GOODBYE_MS = 3_000;

export async function createGroupConsumer(given: GroupConsumerOptions): Promise<Consumer> {
  const { options, subscription, handler, group, watch, notifier } = given;
  const { database, clock, logger, random } = options;
  const leaseMs = Math.max(subscription.acknowledgeWithinMs, MIN_LEASE_MS);
  const beatMs = Math.min(leaseMs / 3, MAX_BEAT_MS);
  const parts = createHeldParts(subscription.group, logger);
  const size = createReadSize(bufferOf(subscription));
  const executor = createKeyedExecutor({
    concurrency: subscription.concurrency,
    clock,
    onRejected: (error) => logger.error({ err: error, group: subscription.group }, "a handler of events failed"),
  });
  const reading = createWakeUp(clock);
  const beating = createWakeUp(clock);
  const acknowledger = createAcknowledger({
    options,
    group,
    parts,
    name: subscription.group,
    onAcknowledged: reading.wake,
    onGivenBack: () => notifier.notify(subscription.group),
  });
  let closing = false;
  let heardAtMs = clock.now();

  const deliver = (part: Part, event: LoggedEvent): void => {
    if (!part.progress.took(event.position)) return;
    part.tasks += 1;
    const withinMs = subscription.acknowledgeWithinMs;
    const attempts = createAttempts({ event, handler, withinMs, lost: part.lost.signal, clock });
    const line = lineOf(subscription, event);
    void executor.run(line, attempts.run, { signal: part.queue.signal }).then((end) => {
      part.tasks -= 1;
      if (end === "done" && part.state !== "lost") part.progress.settle(event.position);
      if (part.tasks === 0 || end === "done") acknowledger.wake();
    });
  };

  const readable = (): readonly Part[] =>
    [...parts.all.values()].filter(
      ({ state, progress }) => state === "ours" && progress.read < watch.settled && progress.size < MAX_AHEAD,
    );

  const read = async (places: readonly Part[]): Promise<void> => {
    const upTo = watch.settled;
    const room = size.room(executor.size);
    const whole = places.find(({ part }) => part === WHOLE_TOPIC);
    const asked = whole ? [whole] : places;
    const limit = Math.max(1, Math.ceil(room / asked.length));
    const reads = whole
      ? [await readTopics(database, [whole.topic], { after: whole.progress.read, upTo, limit })]
      : await readParts(
          database,
          asked.map(({ topic, part, progress }) => ({ topic, part, after: progress.read })),
          { upTo, limit },
        );
    size.saw(reads.flatMap(({ events }) => events));
    asked.forEach((part, index) => {
      const { events, reached } = reads[index] ?? { events: [], reached: part.progress.read };
      if (part.state !== "ours") return;
      for (const event of events) deliver(part, event);
      part.progress.passed(reached);
    });
  };

  const readLoop = async (): Promise<void> => {
    for (let failures = 0; !closing; ) {
      await executor.below(size.wanted());
      const places = readable();
      if (closing) return;
      if (places.length === 0) {
        await reading.wait();
        continue;
      }
      try {
        await read(places);
        failures = 0;
      } catch (error) {
        failures += 1;
        logger.debug({ err: error, group: subscription.group }, "events cannot be read");
        await reading.wait(backoffDelayMs(BACKOFF, failures, random));
      }
    }
  };

  const beat = async (): Promise<void> => {
    const askedAtMs = clock.now();
    const owned = await group.beat(leaseMs);
    heardAtMs = askedAtMs;
    parts.update(owned);
    reading.wake();
    acknowledger.wake();
  };

  const beatLoop = async (): Promise<void> => {
    for (let failures = 0; !closing; ) {
      await beating.wait(failures === 0 ? beatMs : backoffDelayMs(BACKOFF, failures, random));
      if (closing) return;
      try {
        await beat();
        failures = 0;
      } catch (error) {
        failures += 1;
        logger.debug({ err: error, group: subscription.group }, "the group of consumers cannot be reached");
        // By now another may have them.
        if (clock.now() - heardAtMs > leaseMs) parts.lose([...parts.all.values()]);
      }
    }
  };

  const onNews = ({ from, to, mayHave }: LogNews): void => {
    for (const { topic, progress } of parts.all.values()) {
      if (progress.read >= from && !mayHave(topic)) progress.passed(to);
    }
    reading.wake();
  };

  await group.prepare(subscription.from, watch.settled);
  await beat();
  notifier.notify(subscription.group);
  const hearing = await database.listen(GROUPS_CHANNEL, (name) => {
    if (name === undefined || name === subscription.group) beating.wake();
  });
  const forget = watch.onNews(onNews);
  const loops = [detachContext(readLoop), detachContext(beatLoop)];
  acknowledger.start();

  const close = async ({ signal }: CloseOptions): Promise<void> => {
    closing = true;
    forget();
    reading.wake();
    beating.wake();
    const force = (): void => {
      for (const part of parts.all.values()) part.lost.abort();
    };
    if (signal?.aborted) force();
    signal?.addEventListener("abort", force, { once: true });
    await executor.close(signal ? { signal } : {});
    signal?.removeEventListener("abort", force);
    const goodbye = detachContext(async () => {
      await Promise.all(loops);
      await acknowledger.stop();
      await acknowledger.acknowledge();
      await group.leave();
      notifier.notify(subscription.group);
      await hearing.close();
    });
    goodbye.catch((error: ParleyError) => {
      const why = "a consumer left without a word to the database; its events go to others when its lease ends";
      logger.warn({ err: error, group: subscription.group }, why);
    });
    if ((await settleWithin(goodbye, GOODBYE_MS, clock)) === "timeout") void acknowledger.stop();
  };
  let closed: Promise<void> | undefined;

  return {
    async lag({ signal } = {}) {
      signal?.throwIfAborted();
      await acknowledger.acknowledge();
      return group.lag();
    },
    close(closeOptions = {}) {
      closed ??= close(closeOptions);
      return closed;
    },
  };
}

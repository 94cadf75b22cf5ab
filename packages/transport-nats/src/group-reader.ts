import type { ConsumerInfo, JetStreamManager } from "@nats-io/jetstream";
import { type Clock, type Logger, settleWithin, sleep, type Timer } from "@parley/core";
import {
  attempt,
  type DeliveryHandler,
  type KeyedExecutor,
  type Outcome,
  type Subscription,
  type TaskEnd,
} from "@parley/events";
import { storedAtMs } from "./ack-subject.ts";
import type { Connection } from "./connection.ts";
import { decodeEnvelope } from "./envelope-headers.ts";
import { isNotFound, toNatsError } from "./errors.ts";
import { ensureGroupConsumer, MAX_ORDERED_PENDING, PRIORITY_GROUP, pinTimeoutMs } from "./group-consumer.ts";
import { consumerName } from "./names.ts";
import { createPull, type Pulled } from "./pull.ts";
import { createSettledMemory } from "./settled-memory.ts";
import { waitForPredecessor } from "./takeover.ts";
import type { Topics } from "./topics.ts";

/** Reads one topic for one member. */
export interface Reader {
  lag(): Promise<number>;
  /** Takes nothing more. */
  stopIntake(): Promise<void>;
  /** Aborts the handlers that run. */
  abort(): void;
  /** After the executor is closed: gives back what is left. */
  leave(): Promise<void>;
}

export interface ReaderSettings {
  readonly connection: Connection;
  readonly manager: JetStreamManager;
  readonly topics: Topics;
  readonly topic: string;
  readonly subscription: Subscription;
  readonly executor: KeyedExecutor;
  readonly handler: DeliveryHandler;
  readonly clientName: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A delivery that is not settled. */
interface Entry {
  readonly pulled: Pulled;
  /** Where its acknowledgement goes; another one when the broker has sent it again. */
  reply: string;
  renewedAtMs: number;
  retries: number;
  /** It was told to the broker already, as to be delivered again. */
  isGivenBack: boolean;
  /** Gives up its place in the line; a handler that runs goes on. */
  readonly leaving: AbortController;
  /** Nothing counts any more. */
  readonly lost: AbortController;
}

const RENEWALS_PER_WAIT = 3;
const WATCH_EVERY_MS = 10_000;
const RECOVER_EVERY_MS = 1_000;
const DRAIN_LIMIT_MS = 2_000;
/** A key that waits for its retry must not stop the others: so far they are looked ahead for. */
const LOOK_AHEAD_PER_HANDLER = 16;
const ACK = "+ACK";
const IN_PROGRESS = "+WPI";
const NAK = "-NAK";

/** Reads a topic as a member of a group. */
export async function createGroupReader(settings: ReaderSettings & { readonly group: string }): Promise<Reader> {
  const { connection, manager, topics, topic, subscription, executor, handler, group, clock, logger } = settings;
  const { ordering, acknowledgeWithinMs, concurrency } = subscription;
  const isOrdered = ordering !== "none";
  const canPin = serverCanPin(connection.nats.info?.version ?? "0");
  const isPinned = isOrdered && canPin;
  const name = consumerName(group, topic);
  const lookAhead = !isOrdered
    ? concurrency * 2
    : canPin
      ? Math.min(concurrency * LOOK_AHEAD_PER_HANDLER, MAX_ORDERED_PENDING)
      : 1;

  let stream = await topics.streamOf(topic);
  const entries = new Map<number, Entry>();
  const memory = createSettledMemory();
  let settledCount = 0;
  let isClosing = false;
  let takeover: AbortController | undefined;
  /** Held until the takeover is done. */
  const held: Entry[] = [];
  /** Of handlers that were cut off: to be given back. */
  const left: string[] = [];
  let watchTimer: Timer | undefined;
  let renewTimer: Timer | undefined;

  const ensure = (finished: number | undefined): Promise<ConsumerInfo> =>
    ensureGroupConsumer({ manager, stream, topic, group, subscription, canPin }, finished);
  const info = (): Promise<ConsumerInfo> => manager.consumers.info(stream, name);
  const made = await ensure(undefined);
  let finishedSequence = made.ack_floor.stream_seq;
  let deliveredBefore = made.delivered.consumer_seq;

  const pull = createPull({
    connection,
    clock,
    stream: () => stream,
    consumer: () => name,
    priorityGroup: isPinned ? PRIORITY_GROUP : undefined,
    room: () => (isClosing ? 0 : (takeover ? MAX_ORDERED_PENDING : lookAhead) - entries.size),
    onMessage: take,
    onPinned: isPinned ? takeOver : undefined,
    onUnpinned: isPinned ? giveBackWaiting : undefined,
    onSilence: recover,
  });
  renew();
  watch();
  pull.refill();

  function take(pulled: Pulled): void {
    const { place, message } = pulled;
    const reply = message.reply ?? "";
    const known = entries.get(place.streamSequence);
    if (known) {
      known.reply = reply;
      known.renewedAtMs = clock.now();
    } else if (memory.has(place)) send(reply, ACK);
    else if (isClosing) send(reply, NAK);
    else {
      const entry: Entry = {
        pulled,
        reply,
        renewedAtMs: clock.now(),
        retries: 0,
        isGivenBack: false,
        leaving: new AbortController(),
        lost: new AbortController(),
      };
      entries.set(place.streamSequence, entry);
      if (takeover) held.push(entry);
      else void run(entry);
    }
  }

  async function run(entry: Entry): Promise<void> {
    const { place, message } = entry.pulled;
    const envelope = decodeEnvelope(topic, message, {
      id: `${place.stream}/${place.streamSequence}`,
      receivedAtMs: storedAtMs(place),
    });
    const work = async (): Promise<Outcome> => {
      const delivery = {
        topic,
        envelope,
        attempt: place.deliveryCount + entry.retries,
        position: { log: place.stream, offset: BigInt(place.streamSequence) },
      };
      const options = { lost: entry.lost.signal, limitMs: acknowledgeWithinMs, clock };
      const result = await attempt(handler, delivery, options);
      if (result === "done") return "done";
      entry.retries += 1;
      const retryAfterMs = typeof result === "string" ? RECOVER_EVERY_MS : result.retryAfterMs;
      if (result === "lost" || isOrdered) return { retryAfterMs };
      giveBack(entry, retryAfterMs);
      return "done";
    };
    const key =
      ordering === "topic" ? topic : isOrdered && envelope.key !== undefined ? `${topic} ${envelope.key}` : undefined;
    finish(entry, await executor.run(key, work, { signal: entry.leaving.signal }));
  }

  function finish(entry: Entry, how: TaskEnd): void {
    const { place } = entry.pulled;
    if (!entry.lost.signal.aborted && clock.now() - entry.renewedAtMs > acknowledgeWithinMs) lose(entry);
    if (entries.get(place.streamSequence) === entry) entries.delete(place.streamSequence);
    if (!entry.lost.signal.aborted && !entry.isGivenBack) {
      if (how === "done") {
        memory.add(place);
        settledCount += 1;
        send(entry.reply, ACK);
      } else giveBack(entry, 0);
    }
    pull.refill();
  }

  function giveBack(entry: Entry, delayMs: number): void {
    entry.isGivenBack = true;
    settledCount += 1;
    send(entry.reply, delayMs > 0 ? `${NAK} {"delay":${Math.ceil(delayMs)}000000}` : NAK);
  }

  /** The broker has given it to another member by now, or may at any moment. */
  function lose(entry: Entry): void {
    entries.delete(entry.pulled.place.streamSequence);
    entry.lost.abort();
    entry.leaving.abort();
  }

  function send(reply: string, payload: string): void {
    if (!connection.nats.isClosed()) connection.nats.publish(reply, payload);
  }

  function takeOver(): void {
    takeover?.abort();
    const mine = new AbortController();
    takeover = mine;
    const { signal } = mine;
    waitForPredecessor({ info, unsettled: () => entries.size, settled: () => settledCount, signal, clock }).then(
      () => {
        takeover = undefined;
        const inOrder = held.splice(0).sort((a, b) => a.pulled.place.streamSequence - b.pulled.place.streamSequence);
        for (const entry of inOrder) void run(entry);
        pull.refill();
      },
      // Only its own signal ends it.
      () => {},
    );
  }

  /** Another member is pinned: it waits for what runs here, and shall have the rest at once. */
  function giveBackWaiting(): void {
    takeover?.abort();
    takeover = undefined;
    for (const entry of held.splice(0)) {
      entries.delete(entry.pulled.place.streamSequence);
      giveBack(entry, 0);
    }
    for (const entry of [...entries.values()]) entry.leaving.abort();
  }

  function renew(): void {
    renewTimer = clock.setTimer(renewEveryMs(acknowledgeWithinMs, subscription, isPinned), () => {
      const nowMs = clock.now();
      let hasLost = false;
      for (const entry of [...entries.values()]) {
        if (nowMs - entry.renewedAtMs > acknowledgeWithinMs) {
          lose(entry);
          hasLost = true;
        } else if (connection.isUp) {
          entry.renewedAtMs = nowMs;
          send(entry.reply, IN_PROGRESS);
        }
      }
      if (hasLost) {
        logger.warn(
          { transport: "nats", topic, group },
          `${topic}: deliveries were not kept alive in time and go back`,
        );
        if (isPinned) {
          dropHeldLost();
          takeOver();
        }
      }
      if (isPinned && !isClosing) pull.keepPin();
      pull.refill();
      renew();
    });
  }

  function dropHeldLost(): void {
    const kept = held.filter((entry) => !entry.lost.signal.aborted);
    held.splice(0, held.length, ...kept);
  }

  function watch(): void {
    watchTimer = clock.setTimer(WATCH_EVERY_MS, () => void lookForStall().finally(() => !isClosing && watch()));
  }

  /** Servers have been seen that stop delivering though events wait; nobody else would notice. */
  async function lookForStall(): Promise<void> {
    if (!connection.isUp) return;
    const now = await info().catch(() => undefined);
    if (!now || isClosing) return;
    finishedSequence = Math.max(finishedSequence, now.ack_floor.stream_seq);
    const stands = now.delivered.consumer_seq === deliveredBefore;
    deliveredBefore = now.delivered.consumer_seq;
    const mayDeliver = now.num_ack_pending < (now.config.max_ack_pending ?? 1);
    if (!stands || now.num_pending === 0 || !mayDeliver || entries.size >= lookAhead) return;
    logger.warn({ transport: "nats", topic, group, waiting: now.num_pending }, `${topic}: events wait and none comes`);
    if (isPinned) await unpin();
    pull.restart("events wait and none comes");
  }

  async function unpin(): Promise<void> {
    await manager.consumers.unpin(stream, name, PRIORITY_GROUP).catch(() => {});
  }

  async function recover(reason: string): Promise<void> {
    while (!isClosing) {
      try {
        const { created } = await findAgain();
        logger.debug({ transport: "nats", topic, group, reason, created }, "looked after the consumer of the group");
        return;
      } catch (error) {
        const problem = toNatsError(error, `cannot restore group "${group}" of ${topic}`);
        logger.warn({ transport: "nats", topic, group, reason, error: problem }, problem.message);
      }
      await sleep(RECOVER_EVERY_MS, { clock });
    }
  }

  async function findAgain(): Promise<ConsumerInfo> {
    try {
      return await ensure(finishedSequence);
    } catch (error) {
      if (!isNotFound(error)) throw error;
      topics.forget(topic);
      stream = await topics.streamOf(topic);
      finishedSequence = 0;
      return await ensure(0);
    }
  }

  return {
    async lag() {
      const { num_pending, num_ack_pending } = await info();
      return num_pending + num_ack_pending;
    },
    async stopIntake() {
      isClosing = true;
      watchTimer?.cancel();
      await settleWithin(pull.stop(), DRAIN_LIMIT_MS, clock);
      giveBackWaiting();
      // Else the others would wait until the pin runs out.
      if (pull.isPinned && connection.isUp) await settleWithin(unpin(), DRAIN_LIMIT_MS, clock);
    },
    abort() {
      isClosing = true;
      for (const entry of [...entries.values()]) {
        left.push(entry.reply);
        lose(entry);
      }
    },
    async leave() {
      renewTimer?.cancel();
      takeover?.abort();
      // Not before: as long as this member asks, they would come straight back to it.
      for (const reply of left.splice(0)) send(reply, NAK);
      if (connection.isUp) await settleWithin(connection.nats.flush(), DRAIN_LIMIT_MS, clock);
    },
  };
}

/** A member that is pinned must be heard of within the pin's time too. */
function renewEveryMs(acknowledgeWithinMs: number, subscription: Subscription, isPinned: boolean): number {
  const limitMs = isPinned ? Math.min(acknowledgeWithinMs, pinTimeoutMs(subscription)) : acknowledgeWithinMs;
  return limitMs / RENEWALS_PER_WAIT;
}

function serverCanPin(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > 2 || (major === 2 && minor >= 11);
}

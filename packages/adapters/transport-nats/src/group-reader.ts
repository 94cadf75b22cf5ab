import type { Timer } from "@parley/core";
import { settleWithin } from "@parley/core/internal";
import { keepGroupConsumer } from "./consumer-keeper.ts";
import { createDeliveries } from "./deliveries.ts";
import { lookAheadOf, MAX_ORDERED_PENDING, PRIORITY_GROUP, renewEveryMs, serverCanPin } from "./group-consumer.ts";
import { createPull } from "./pull.ts";
import type { Reader, ReaderSettings } from "./reader.ts";
import { waitForPredecessor } from "./takeover.ts";

const WATCH_EVERY_MS = 10_000;
const DRAIN_LIMIT_MS = 2_000;

/**
 * Reads a topic as a member of a group. Where order counts and the server can, one member is pinned: it alone is served,
 * and after each change of the pin it first waits for what the member before it has not settled.
 */
export async function createGroupReader(settings: ReaderSettings & { readonly group: string }): Promise<Reader> {
  const { connection, topic, subscription, group, clock, logger } = settings;
  const { nats } = connection;
  const canPin = serverCanPin(nats.info?.version);
  const isPinning = subscription.ordering !== "none" && canPin;
  const lookAhead = lookAheadOf(subscription, canPin);
  const about = { transport: "nats", topic, group };
  const consumer = await keepGroupConsumer({ ...settings, canPin });
  let streamMadeAt = await consumer.streamMadeAt();
  const closing = new AbortController();
  let takeover: AbortController | undefined;
  let deliveredBefore = -1;
  let watchTimer: Timer | undefined;
  let renewTimer: Timer | undefined;

  const deliveries = createDeliveries({
    ...settings,
    send: (reply, payload) => {
      if (!nats.isClosed()) nats.publish(reply, payload);
    },
    onSettled: () => pull.refill(),
  });
  const pull = createPull({
    connection,
    clock,
    stream: () => consumer.stream,
    consumer: () => consumer.name,
    priorityGroup: isPinning ? PRIORITY_GROUP : undefined,
    room: () => (closing.signal.aborted ? 0 : (takeover ? MAX_ORDERED_PENDING : lookAhead) - deliveries.size),
    onMessage: (pulled) => deliveries.take(pulled, takeover ? "hold" : "run"),
    onPinned: takeOver,
    onUnpinned: stepBack,
    onSilence: (reason) => consumer.recover(reason, closing.signal),
  });
  const unwatch = connection.watch((isUp) => {
    // Not reachable again: the next return will do.
    if (isUp) sayAgain().catch(() => {});
  });
  renew();
  watch();
  pull.refill();

  async function sayAgain(): Promise<void> {
    const madeAt = await consumer.streamMadeAt();
    if (madeAt === streamMadeAt) deliveries.acknowledgeAgain();
    else deliveries.forgetSettled();
    streamMadeAt = madeAt;
  }

  function takeOver(): void {
    takeover?.abort();
    const mine = new AbortController();
    takeover = mine;
    const { signal } = mine;
    waitForPredecessor({ info: () => consumer.info(), deliveries, signal, clock }).then(
      () => {
        takeover = undefined;
        deliveries.runHeld();
        pull.refill();
      },
      // Only its own signal ends it.
      () => {},
    );
  }

  /** Another member is pinned: it waits for what runs here, and shall have the rest at once. */
  function stepBack(): void {
    takeover?.abort();
    takeover = undefined;
    deliveries.giveBackWaiting();
  }

  function renew(): void {
    renewTimer = clock.setTimer(renewEveryMs(subscription, isPinning), () => {
      if (deliveries.renew(connection.isUp)) {
        logger.warn(about, `${topic}: deliveries were not kept alive in time and are given to others`);
        // They come back in whatever order: as from another member.
        if (isPinning) takeOver();
      }
      if (isPinning && !closing.signal.aborted) pull.keepPin();
      pull.refill();
      renew();
    });
  }

  function watch(): void {
    watchTimer = clock.setTimer(WATCH_EVERY_MS, () => {
      void lookForStall().finally(() => {
        if (!closing.signal.aborted) watch();
      });
    });
  }

  /** Servers have been seen that stop delivering though events wait; nobody else would notice. */
  async function lookForStall(): Promise<void> {
    if (!connection.isUp) return;
    // Not reachable now: looked at again.
    const now = await consumer.info().catch(() => undefined);
    if (!now || closing.signal.aborted) return;
    const stands = now.delivered.consumer_seq === deliveredBefore;
    deliveredBefore = now.delivered.consumer_seq;
    const mayDeliver = now.num_ack_pending < (now.config.max_ack_pending ?? 1) && deliveries.size < lookAhead;
    const isMine = !isPinning || pull.isPinned;
    if (!stands || !mayDeliver || !isMine || now.num_pending === 0) return;
    logger.warn({ ...about, waiting: now.num_pending }, `${topic}: events wait and none comes, asks anew`);
    pull.restart("events wait and none comes");
  }

  /** Which member the server serves; undefined for none, and when it does not answer in time. */
  async function pinnedNow(): Promise<string | undefined> {
    let pinned: string | undefined;
    const asking = consumer.pinned().then((id) => {
      pinned = id;
    });
    await settleWithin(asking, DRAIN_LIMIT_MS, clock);
    return pinned;
  }

  /**
   * Else the others would wait until the pin runs out. The server pins a member when an event comes, and may choose a request
   * that this member made and nobody reads any more: to ask for the state of the group makes it drop those, and a pin that is
   * new since may belong to one of them. To take it from a member that lives costs that one only another pinning.
   */
  async function leavePin(pinnedBefore: string | undefined): Promise<void> {
    if (!pull.isPinned) {
      const pinned = await consumer.pinned();
      if (pinned === undefined || pinned === pinnedBefore) return;
    }
    await consumer.unpin();
  }

  return {
    async lag() {
      const { num_pending, num_ack_pending } = await consumer.info();
      return num_pending + num_ack_pending;
    },
    async stopIntake() {
      closing.abort();
      deliveries.close();
      watchTimer?.cancel();
      const pinnedBefore = isPinning && !pull.isPinned && connection.isUp ? await pinnedNow() : undefined;
      await settleWithin(pull.stop(), DRAIN_LIMIT_MS, clock);
      stepBack();
      if (isPinning && connection.isUp) await settleWithin(leavePin(pinnedBefore), DRAIN_LIMIT_MS, clock);
    },
    abort: () => deliveries.abort(),
    async leave() {
      renewTimer?.cancel();
      unwatch();
      takeover?.abort();
      deliveries.giveBackAborted();
      if (connection.isUp) await settleWithin(nats.flush(), DRAIN_LIMIT_MS, clock);
    },
  };
}

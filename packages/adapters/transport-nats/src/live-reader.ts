import { AckPolicy, type ConsumerInfo, DeliverPolicy, ReplayPolicy } from "@nats-io/jetstream";
import { nanos, nuid } from "@nats-io/transport-node";
import { sleep } from "@parley/core";
import { settleWithin } from "@parley/core/internal";
import { attempt } from "@parley/transport";
import { storedAtMs } from "./ack-subject.ts";
import { lineOf } from "./deliveries.ts";
import { decodeEnvelope } from "./envelope-headers.ts";
import { isNotFound, toNatsError } from "./errors.ts";
import { startAfter, startOf } from "./group-consumer.ts";
import { brokerName } from "./names.ts";
import { createPull, type Pulled } from "./pull.ts";
import type { Reader, ReaderSettings } from "./reader.ts";

/** A consumer whose member died is removed by the broker after this. */
const INACTIVE_MS = 5 * 60_000;
const RECOVER_EVERY_MS = 1_000;
const DRAIN_LIMIT_MS = 2_000;

/**
 * Reads a topic for a consumer that is a group of its own: nothing is acknowledged and nothing comes again. The place is
 * kept here; after a loss of the connection or the broker a new consumer goes on from it.
 */
export async function createLiveReader(settings: ReaderSettings): Promise<Reader> {
  const { connection, manager, topics, topic, subscription, executor, handler, clientName, clock, logger } = settings;
  const { ordering, concurrency, acknowledgeWithinMs, onMissed } = subscription;
  const lookAhead = concurrency * 2;
  let stream = await topics.streamOf(topic);
  let isClosing = false;
  let working = 0;
  const closing = new AbortController();

  async function make(start: object): Promise<ConsumerInfo> {
    return await manager.consumers.add(stream, {
      name: `${brokerName(clientName)}-live-${nuid.next()}`,
      filter_subject: topic,
      ack_policy: AckPolicy.None,
      deliver_policy: DeliverPolicy.All,
      replay_policy: ReplayPolicy.Instant,
      inactive_threshold: nanos(INACTIVE_MS),
      mem_storage: true,
      num_replicas: 1,
      ...start,
    });
  }

  const first = await make(startOf(subscription.from));
  let consumer = first.name;
  let lastSequence = first.delivered.stream_seq;
  let lastConsumerSequence = 0;

  const pull = createPull({
    connection,
    clock,
    stream: () => stream,
    consumer: () => consumer,
    room: () => (isClosing ? 0 : lookAhead - working),
    onMessage: take,
    onSilence: recover,
  });
  pull.refill();

  function take(pulled: Pulled): void {
    const { place } = pulled;
    if (isClosing || place.consumer !== consumer) return;
    // One was sent to a connection that was lost: go back for it.
    if (place.consumerSequence !== lastConsumerSequence + 1) return pull.restart("a gap");
    lastConsumerSequence = place.consumerSequence;
    lastSequence = place.streamSequence;
    void run(pulled);
  }

  async function run({ message, place }: Pulled): Promise<void> {
    const envelope = decodeEnvelope(topic, message, {
      id: `${place.stream}/${place.streamSequence}`,
      receivedAtMs: storedAtMs(place),
    });
    const position = { log: place.stream, offset: BigInt(place.streamSequence) };
    working += 1;
    await executor.run(lineOf(topic, ordering, envelope.key), async () => {
      const options = { lost: closing.signal, limitMs: acknowledgeWithinMs, clock };
      try {
        await attempt(handler, { topic, envelope, attempt: 1, position }, options);
      } catch (error) {
        logger.warn({ transport: "nats", topic, error }, `${topic}: a handler of live events has failed`);
      }
      return "done";
    });
    working -= 1;
    pull.refill();
  }

  async function recover(reason: string): Promise<void> {
    while (!isClosing) {
      try {
        await makeAgain();
        return;
      } catch (error) {
        const problem = toNatsError(error, `cannot read ${topic} on`);
        logger.warn({ transport: "nats", topic, reason, error: problem }, problem.message);
      }
      await sleep(RECOVER_EVERY_MS, { clock });
    }
  }

  async function makeAgain(): Promise<void> {
    const old = consumer;
    try {
      const { state } = await manager.streams.info(stream);
      if (state.first_seq > lastSequence + 1) onMissed?.(`${topic}: the stream no longer has what came next`);
      ({ name: consumer } = await make(startAfter(lastSequence)));
    } catch (error) {
      if (!isNotFound(error)) throw error;
      topics.forget(topic);
      stream = await topics.streamOf(topic);
      lastSequence = 0;
      ({ name: consumer } = await make(startAfter(0)));
      onMissed?.(`${topic}: its stream was removed and made anew`);
    }
    lastConsumerSequence = 0;
    await manager.consumers.delete(stream, old).catch(() => {});
  }

  return {
    async lag() {
      const { num_pending } = await manager.consumers.info(stream, consumer);
      return num_pending + working;
    },
    async stopIntake() {
      isClosing = true;
      await settleWithin(pull.stop(), DRAIN_LIMIT_MS, clock);
    },
    abort: () => closing.abort(),
    async leave() {
      if (!connection.isUp) return;
      const removing = manager.consumers.delete(stream, consumer).catch(() => {});
      await settleWithin(removing, DRAIN_LIMIT_MS, clock);
    },
  };
}

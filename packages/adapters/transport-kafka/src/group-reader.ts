import { type Clock, type Logger, ParleyError, sleep, type Timer } from "@parley/core";
import { settleWithin } from "@parley/core/internal";
import type { ConnectionState, DeliveryHandler, KeyedExecutor, Subscription } from "@parley/transport";
import { Consumer as KafkaConsumer } from "@platformatic/kafka";
import type { ClientOptions } from "./client-options.ts";
import { toKafkaError } from "./errors.ts";
import { createFetcher, type Fetcher } from "./fetcher.ts";
import { createMembership, type Generation } from "./membership.ts";
import { createPartitionLine, type PartitionLine } from "./partition-line.ts";
import { type Place, partitionsOf, startOffsets } from "./start-offsets.ts";

/** Reads the topics of one subscription. */
export interface Reader {
  lag(): Promise<number>;
  /** Begins no more events. */
  stopIntake(): void;
  /** Aborts the handlers that run. */
  abort(): void;
  /** After the executor is closed. */
  leave(): Promise<void>;
}

export interface ReaderSettings {
  readonly client: ClientOptions;
  readonly subscription: Subscription;
  readonly executor: KeyedExecutor;
  readonly handler: DeliveryHandler;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly onConnection: (state: ConnectionState) => void;
}

/** What is being worked on in one generation. */
interface Work {
  readonly generation: Generation;
  readonly lines: PartitionLine[];
  /** By partition, what the broker knows. */
  readonly committed: Map<string, bigint>;
  fetcher?: Fetcher;
  isOver: boolean;
}

/** Kafka's own limits of a session (`group.min.session.timeout.ms`, `group.max.session.timeout.ms`). */
const SHORTEST_SESSION_MS = 6_000;
const LONGEST_SESSION_MS = 30 * 60_000;
const COMMIT_EVERY_MS = 50;
const RETRY_MS = 500;
/** To be a member with a place: other members may have to end their handlers first. */
const READY_LIMIT_MS = 60_000;
const CLOSE_LIMIT_MS = 5_000;
const FETCH_REQUEST_LIMIT_MS = 30_000;

/** Reads as a member of a group. Resolves once the group has a place in every partition of this member. */
export async function createGroupReader(settings: ReaderSettings & { readonly group: string }): Promise<Reader> {
  const { client, group, subscription, executor, handler, clock, logger, onConnection } = settings;
  const { topics, acknowledgeWithinMs } = subscription;
  const sessionMs = Math.min(Math.max(acknowledgeWithinMs, SHORTEST_SESSION_MS), LONGEST_SESSION_MS);
  /** Fetches wait at the broker, and would hold up heartbeats on a connection in common. */
  const reading = new KafkaConsumer({
    ...client,
    groupId: group,
    autocreateTopics: false,
    requestTimeout: FETCH_REQUEST_LIMIT_MS,
  });
  reading.topics.trackAll(...topics);
  const ready = Promise.withResolvers<void>();
  let work: Work | undefined;
  let isClosing = false;
  let commitTimer: Timer | undefined;
  let committing: Promise<unknown> = Promise.resolve();

  const membership = createMembership({
    client,
    group,
    topics,
    sessionMs,
    clock,
    logger,
    onAssigned: (generation) => {
      const mine: Work = { generation, lines: [], committed: new Map(), isOver: false };
      work = mine;
      void begin(mine);
    },
    onRevoking: async () => {
      const mine = work;
      if (!mine) return;
      end(mine);
      await Promise.all(mine.lines.map((line) => line.release()));
      await commitDone(mine);
    },
    onLost: () => {
      const mine = work;
      if (!mine) return;
      work = undefined;
      end(mine);
      for (const line of mine.lines) line.abort();
    },
  });

  async function begin(mine: Work): Promise<void> {
    while (!mine.isOver && !isClosing) {
      try {
        const places = await findPlaces(mine);
        if (mine.isOver || isClosing) return;
        start(mine, places);
        ready.resolve();
        return;
      } catch (error) {
        const problem = toKafkaError(error, `cannot find the place of group ${group}`);
        logger.warn({ transport: "kafka", group, error: problem }, problem.message);
      }
      await sleep(RETRY_MS, { clock });
    }
  }

  async function findPlaces({ generation, committed }: Work): Promise<Place[]> {
    const { partitions } = generation;
    if (partitions.length === 0) return [];
    const byTopic = Map.groupBy(partitions, ({ topic }) => topic);
    const known = await membership.consumer.listCommittedOffsets({
      topics: [...byTopic].map(([topic, its]) => ({ topic, partitions: its.map(({ partition }) => partition) })),
    });
    const offsetOf = (topic: string, partition: number): bigint => known.get(topic)?.[partition] ?? -1n;
    const places = partitions.map((each) => ({ ...each, offset: offsetOf(each.topic, each.partition) }));
    const fresh = places.filter(({ offset }) => offset < 0n);
    const starts = await startOffsets(reading, fresh, subscription.from);
    // From now on the group has a place: what is published while it is away waits for it.
    await membership.commit(generation, starts);
    const all = [...places.filter(({ offset }) => offset >= 0n), ...starts];
    for (const { topic, partition, offset } of all) committed.set(`${topic}/${partition}`, offset);
    return all;
  }

  function start(mine: Work, places: readonly Place[]): void {
    const onProgress = (): void => {
      mine.fetcher?.wake();
      if (!isClosing) planCommit();
    };
    for (const { topic, partition, offset } of places) {
      const common = { topic, partition, startOffset: offset, subscription, executor, handler, clock };
      mine.lines.push(createPartitionLine({ ...common, onProgress, isLive: false }));
    }
    mine.fetcher = createFetcher({
      client: reading,
      topics,
      lines: mine.lines,
      clock,
      logger,
      onConnection,
      onGap(line, earliest) {
        const from = `${line.topic}/${line.partition}`;
        const message = `${from}: events before ${earliest} were removed by retention before group ${group} read them`;
        logger.error({ transport: "kafka", group, from, lost: Number(earliest - line.fetchOffset) }, message);
        line.moveTo(earliest);
      },
    });
  }

  function end(mine: Work): void {
    mine.isOver = true;
    mine.fetcher?.stop();
  }

  function planCommit(afterMs = COMMIT_EVERY_MS): void {
    commitTimer ??= clock.setTimer(afterMs, () => {
      committing = commitAgain();
    });
  }

  async function commitAgain(): Promise<void> {
    const mine = work;
    const isCommitted = mine === undefined || (await commitDone(mine));
    commitTimer = undefined;
    if (mine && mine === work && !isClosing && placesOf(mine).length > 0)
      planCommit(isCommitted ? undefined : RETRY_MS);
  }

  function placesOf({ lines, committed }: Work): Place[] {
    return lines
      .filter(({ topic, partition, doneOffset }) => doneOffset > (committed.get(`${topic}/${partition}`) ?? -1n))
      .map(({ topic, partition, doneOffset }) => ({ topic, partition, offset: doneOffset }));
  }

  async function commitDone(mine: Work): Promise<boolean> {
    const places = placesOf(mine);
    try {
      await membership.commit(mine.generation, places);
      for (const { topic, partition, offset } of places) mine.committed.set(`${topic}/${partition}`, offset);
      return true;
    } catch (error) {
      // What is not committed comes again, here or at another member; the present one tries again.
      logger.debug({ transport: "kafka", group, error }, `${group}: could not commit`);
      return false;
    }
  }

  async function leave(): Promise<void> {
    commitTimer?.cancel();
    await settleWithin(committing, CLOSE_LIMIT_MS, clock);
    if (work) await settleWithin(commitDone(work), CLOSE_LIMIT_MS, clock);
    await membership.leave();
    await settleWithin(reading.close(true), CLOSE_LIMIT_MS, clock);
  }

  try {
    await membership.join();
    if ((await settleWithin(ready.promise, READY_LIMIT_MS, clock)) === "timeout") {
      throw new ParleyError("UNAVAILABLE", `group ${group} has no place after ${READY_LIMIT_MS} ms: see the warnings`);
    }
  } catch (error) {
    isClosing = true;
    if (work) end(work);
    await leave();
    throw error;
  }

  return {
    async lag() {
      const all = await partitionsOf(reading, topics);
      const byTopic = Map.groupBy(all, ({ topic }) => topic);
      const known = await membership.consumer.listCommittedOffsets({
        topics: [...byTopic].map(([topic, its]) => ({ topic, partitions: its.map(({ partition }) => partition) })),
      });
      const ends = await startOffsets(reading, all, "latest");
      return ends.reduce((sum, { topic, partition, offset }) => {
        const place = known.get(topic)?.[partition] ?? -1n;
        return sum + (place < 0n ? 0 : Number(offset - place));
      }, 0);
    },
    stopIntake() {
      isClosing = true;
      if (!work) return;
      end(work);
      for (const line of work.lines) void line.release();
    },
    abort() {
      isClosing = true;
      if (!work) return;
      end(work);
      for (const line of work.lines) line.abort();
    },
    leave,
  };
}

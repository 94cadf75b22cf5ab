import { type Clock, type Logger, sleep, type Timer } from "@parley/core";
import { settleWithin } from "@parley/core/internal";
import { Consumer as KafkaConsumer, offsetCommitV8 } from "@platformatic/kafka";
import { assignPartitions } from "./assign-partitions.ts";
import type { ClientOptions } from "./client-options.ts";
import { toKafkaError } from "./errors.ts";
import type { Place, TopicPartition } from "./start-offsets.ts";

/** One assignment of partitions, valid until the group changes. */
export interface Generation {
  readonly id: number;
  readonly memberId: string;
  readonly partitions: readonly TopicPartition[];
}

export interface MembershipSettings {
  readonly client: ClientOptions;
  readonly group: string;
  readonly topics: readonly string[];
  readonly sessionMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly onAssigned: (generation: Generation) => void;
  /**
   * The group changes: begin nothing more, and resolve when what runs has ended and is committed. Other members wait
   * meanwhile, so it is given up after a part of the session.
   */
  readonly onRevoking: () => Promise<void>;
  /** The group has gone on without this member: nothing that runs counts any more. */
  readonly onLost: () => void;
}

/** A member of a consumer group. */
export interface Membership {
  /** For questions about offsets. */
  readonly consumer: KafkaConsumer;
  join(): Promise<void>;
  /** Commits under the generation it was earned in. Rejects when that is no longer the present one. */
  commit(generation: Generation, places: readonly Place[]): Promise<void>;
  leave(): Promise<void>;
}

const HEARTBEATS_PER_SESSION = 6;
const LONGEST_HEARTBEAT_MS = 1_000;
/** What running handlers may take of the session before the member joins again without them. */
const DRAIN_PART = 0.5;
const LONGEST_DRAIN_MS = 15_000;
const REJOIN_MS = 1_000;
const LEAVE_LIMIT_MS = 5_000;
const REQUEST_SLACK_MS = 10_000;

/**
 * Joining, heartbeats in the background and leaving are the client's. Commits are made here, since the client's own
 * would join again and repeat themselves under the new generation: for partitions that may be another's by then.
 */
export function createMembership(settings: MembershipSettings): Membership {
  const { client, group, topics, sessionMs, clock, logger, onAssigned, onRevoking, onLost } = settings;
  let generation: Generation | undefined;
  let aliveAtMs = clock.now();
  /** Between the notice that the group changes and the new assignment. */
  let isChanging = false;
  let isLeaving = false;
  let isJoining = false;
  let timer: Timer | undefined;

  const consumer = new KafkaConsumer({
    ...client,
    groupId: group,
    sessionTimeout: sessionMs,
    rebalanceTimeout: sessionMs,
    heartbeatInterval: Math.min(LONGEST_HEARTBEAT_MS, sessionMs / HEARTBEATS_PER_SESSION),
    // A join is answered when all members have joined.
    requestTimeout: sessionMs + REQUEST_SLACK_MS,
    autocreateTopics: false,
    partitionAssigner: assignPartitions,
    // Called before each join: the one place where the client waits for us.
    protocolsMetadata: async () => {
      await release();
      return Buffer.alloc(0);
    },
  });
  consumer.topics.trackAll(...topics);
  consumer.on("consumer:heartbeat:end", () => {
    aliveAtMs = clock.now();
  });
  consumer.on("consumer:group:rebalance", () => {
    isChanging = true;
  });
  consumer.on("consumer:group:join", ({ memberId, generationId = 0, assignments = [] }) => {
    isChanging = false;
    aliveAtMs = clock.now();
    generation = {
      id: generationId,
      memberId,
      partitions: assignments.flatMap(({ topic, partitions }) => partitions.map((partition) => ({ topic, partition }))),
    };
    if (!isLeaving) onAssigned(generation);
  });
  // Said when the client has failed to join again by itself, and gives up.
  consumer.on("error", (error: unknown) => {
    logger.warn({ transport: "kafka", group, error: toKafkaError(error, `group ${group}`) }, `${group}: joins again`);
    void join().catch(() => {});
  });
  watch();

  async function release(): Promise<void> {
    if (!generation) return;
    if (isChanging && !isStale()) {
      const limitMs = Math.min(sessionMs * DRAIN_PART, LONGEST_DRAIN_MS);
      if ((await settleWithin(onRevoking(), limitMs, clock)) === "timeout") onLost();
    } else onLost();
    generation = undefined;
  }

  function isStale(): boolean {
    return clock.now() - aliveAtMs > sessionMs;
  }

  /** A process that stood still, or has not reached the broker, is no longer a member, whatever it believes. */
  function watch(): void {
    timer = clock.setTimer(LONGEST_HEARTBEAT_MS, () => {
      if (generation && isStale()) {
        logger.warn(
          { transport: "kafka", group },
          `${group}: no heartbeat within the session, its partitions are lost`,
        );
        generation = undefined;
        onLost();
        void join().catch(() => {});
      }
      watch();
    });
  }

  async function join(): Promise<void> {
    if (isJoining) return;
    isJoining = true;
    try {
      for (let isFirst = true; !isLeaving; isFirst = false) {
        try {
          await consumer.joinGroup();
          return;
        } catch (error) {
          const problem = toKafkaError(error, `cannot join group ${group}`);
          if (isFirst && problem.code !== "UNAVAILABLE") throw problem;
          logger.warn({ transport: "kafka", group, error: problem }, problem.message);
        }
        await sleep(REJOIN_MS, { clock });
      }
    } finally {
      isJoining = false;
    }
  }

  return {
    consumer,
    join,
    async commit(from, places) {
      if (places.length === 0) return;
      if (from !== generation || isStale()) throw new Error(`generation ${from.id} of group ${group} is over`);
      const coordinator = await consumer.findGroupCoordinator();
      const connection = (await consumer.connectToBrokers([coordinator])).get(coordinator);
      if (!connection) throw new Error(`no connection to the coordinator of group ${group}`);
      const byTopic = Map.groupBy(places, ({ topic }) => topic);
      const request = [...byTopic].map(([name, its]) => ({
        name,
        partitions: its.map(({ partition, offset }) => ({
          partitionIndex: partition,
          committedOffset: offset,
          committedLeaderEpoch: -1,
          committedMetadata: null,
        })),
      }));
      await offsetCommitV8.api.async(connection, group, from.id, from.memberId, null, request);
    },
    async leave() {
      isLeaving = true;
      timer?.cancel();
      const left = new Promise<void>((resolve) => consumer.leaveGroup(true, () => resolve()));
      await settleWithin(left, LEAVE_LIMIT_MS, clock);
      await settleWithin(consumer.close(true), LEAVE_LIMIT_MS, clock);
    },
  };
}

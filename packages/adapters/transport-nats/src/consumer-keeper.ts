import type { ConsumerInfo } from "@nats-io/jetstream";
import { type Clock, type Logger, sleep } from "@parley/core";
import { isNotFound, toNatsError } from "./errors.ts";
import { ensureGroupConsumer, type GroupConsumerSettings, PRIORITY_GROUP } from "./group-consumer.ts";
import { consumerName } from "./names.ts";
import type { Topics } from "./topics.ts";

/** The consumer of a group, made again when it is gone. */
export interface ConsumerKeeper {
  /** The stream at present. */
  readonly stream: string;
  readonly name: string;
  info(): Promise<ConsumerInfo>;
  /** The name under which the broker has pinned a member, if it has. Drops requests whose member has gone. */
  pinned(): Promise<string | undefined>;
  /** When the stream was made: another moment is another stream, whose numbers begin again. */
  streamMadeAt(): Promise<string>;
  /** Looks whether it is there, and makes it if not. Tries until it succeeds or the signal aborts. Never rejects. */
  recover(reason: string, signal: AbortSignal): Promise<void>;
  /** Lets the broker choose another member at once. */
  unpin(): Promise<void>;
}

/** What the client's types leave out (nats-server, `PriorityGroupState`). */
type PinnedInfo = ConsumerInfo & {
  readonly priority_groups?: readonly { readonly group: string; readonly pinned_client_id?: string }[];
};

const RECOVER_EVERY_MS = 1_000;

export async function keepGroupConsumer(
  settings: Omit<GroupConsumerSettings, "stream"> & {
    readonly topics: Topics;
    readonly clock: Clock;
    readonly logger: Logger;
  },
): Promise<ConsumerKeeper> {
  const { manager, topics, topic, group, clock, logger } = settings;
  const name = consumerName(group, topic);
  let stream = await topics.streamOf(topic);
  /** All of the group up to here is done: where a new consumer goes on, since the broker forgets with the old one. */
  let finished = (await ensureGroupConsumer({ ...settings, stream }, undefined)).ack_floor.stream_seq;

  async function findAgain(): Promise<void> {
    try {
      await ensureGroupConsumer({ ...settings, stream }, finished);
    } catch (error) {
      if (!isNotFound(error)) throw error;
      topics.forget(topic);
      stream = await topics.streamOf(topic);
      finished = 0;
      await ensureGroupConsumer({ ...settings, stream }, finished);
    }
  }

  return {
    name,
    get stream() {
      return stream;
    },
    async info() {
      const info = await manager.consumers.info(stream, name);
      finished = Math.max(finished, info.ack_floor.stream_seq);
      return info;
    },
    async pinned() {
      const { priority_groups: groups } = (await manager.consumers.info(stream, name)) as PinnedInfo;
      return groups?.find(({ group: of }) => of === PRIORITY_GROUP)?.pinned_client_id || undefined;
    },
    streamMadeAt: async () => (await manager.streams.info(stream)).created,
    async recover(reason, signal) {
      while (!signal.aborted) {
        try {
          return await findAgain();
        } catch (error) {
          const problem = toNatsError(error, `cannot restore group "${group}" of ${topic}`);
          logger.warn({ transport: "nats", topic, group, reason, error: problem }, problem.message);
        }
        // Only its signal ends the wait early.
        await sleep(RECOVER_EVERY_MS, { clock, signal }).catch(() => {});
      }
    },
    async unpin() {
      // Whoever is pinned is unpinned without it too, later.
      await manager.consumers.unpin(stream, name, PRIORITY_GROUP).catch(() => {});
    },
  };
}

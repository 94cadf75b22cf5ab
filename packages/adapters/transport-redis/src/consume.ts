import { randomUUID } from "node:crypto";
import { type Clock, type Logger, ParleyError, sleep } from "@parley/core";
import { abortable, settleWithin, timeLimit } from "@parley/core/internal";
import {
  AbortableDelivery,
  type CloseOptions,
  type Consumer,
  createKeyedExecutor,
  type DeliveryHandler,
  type Outcome,
  type Subscription,
} from "@parley/transport";
import { createAcknowledger } from "./acknowledger.ts";
import { createBell } from "./bell.ts";
import { type Entry, EntryPosition, toEnvelope } from "./envelope-headers.ts";
import { firstWord, toRedisError } from "./errors.ts";
import type { Link, LinkOptions, Session } from "./link.ts";
import { createOrderedReader } from "./ordered-reader.ts";
import type { Reader } from "./reader.ts";
import { LAG, runScript } from "./scripts.ts";
import { createSharedReader } from "./shared-reader.ts";
import { ensureGroup, startIdOf, streamOf } from "./topics.ts";

export interface ConsumeOptions {
  readonly link: Link;
  /** How to open further connections. */
  readonly connection: LinkOptions;
  readonly logger: Logger;
  readonly clock: Clock;
  /** How long making the groups may take. */
  readonly timeoutMs: number;
}

/** A subscription with a group. */
export type GroupSubscription = Subscription & { readonly group: string };

/** Events of a key whose first one waits for its retry are held unsettled; this is the room for them. */
export const ROOM_FOR_HELD = 256;
/** How long a wait for news lasts at most. Polling is the truth; news make it quick. */
const POLL_MS = 500;
const RETRY_MS = 200;
const CLOSE_TIMEOUT_MS = 3_000;
const LAG_TIMEOUT_MS = 5_000;
const LAG_COUNT_LIMIT = 10_000;

export async function consume(
  subscription: GroupSubscription,
  handler: DeliveryHandler,
  { link, connection, logger, clock, timeoutMs }: ConsumeOptions,
): Promise<Consumer> {
  const { topics, group, ordering, concurrency, acknowledgeWithinMs: holdMs } = subscription;
  const member = randomUUID();
  const window = ordering === "key" ? concurrency + ROOM_FOR_HELD : concurrency * 2;
  const stopped = new AbortController();
  const ended = new AbortController();
  const makeReader = ordering === "none" ? createSharedReader : createOrderedReader;
  const readers = topics.map((topic) => makeReader({ topic, group, member, holdMs, clock }));
  const acknowledger = createAcknowledger({ link, logger, clock, signal: ended.signal });
  const executor = createKeyedExecutor({
    concurrency,
    clock,
    onRejected: (error) => logger.error({ err: error, group, topics }, "a handler rejected; its event is tried again"),
  });

  await makeGroups(subscription, { link, clock, timeoutMs });
  const bell = createBell({ ...connection, name: `${connection.name} (waits for ${group})` });

  function take(reader: Reader, entry: Entry): void {
    const { topic } = reader;
    const claim = reader.holdings.add(entry.id);
    // Fetched while the consumer was being closed, perhaps by force: only to be given back. What its key has before it
    // may be given up already.
    if (stopped.signal.aborted) return;
    const envelope = toEnvelope(topic, entry);
    const position = new EntryPosition(topic, entry.id);
    let tries = 0;
    const work = (): Promise<Outcome> => {
      tries += 1;
      return handler(new AbortableDelivery({ topic, envelope, attempt: entry.earlier + tries, position }, claim.lost));
    };
    const lane = laneOf(subscription, topic, envelope.key);
    void executor.run(lane, work, { signal: claim.lost }).then((end) => {
      if (end === "done" && reader.holdings.done(claim)) acknowledger.wake(reader);
    });
  }

  /** One look at every topic. Gives where to wait for news; undefined if there may be more at once. */
  async function look(session: Session): Promise<Map<string, string> | undefined> {
    const room = Math.max(1, Math.floor((window - executor.size) / readers.length));
    let more = false;
    const after = new Map<string, string>();
    const looks = readers.map(async (reader) => {
      const fetched = await reader.fetch(session, room).catch((error) => remake(session, reader, error));
      if (!fetched) return;
      for (const entry of fetched.entries) take(reader, entry);
      more ||= fetched.more;
      if (fetched.waitFrom !== undefined) after.set(reader.topic, fetched.waitFrom);
    });
    await Promise.all(looks);
    return more ? undefined : after;
  }

  /** The server was emptied, or lost its last seconds: what it has now is unread. */
  async function remake(session: Session, { topic }: Reader, error: unknown): Promise<undefined> {
    if (firstWord(error) !== "NOGROUP") throw error;
    logger.warn({ topic, group }, "the group is gone from the server; it is made again, from the first event there is");
    await ensureGroup(session, topic, group, startIdOf("earliest"));
  }

  async function run(): Promise<void> {
    const { signal } = stopped;
    while (!signal.aborted) {
      try {
        const session = await link.session(signal);
        await executor.below(window);
        if (signal.aborted) return;
        const after = await look(session);
        if (after === undefined || executor.size >= window) continue;
        if (after.size > 0) await bell.wait(after, POLL_MS, signal);
        else await sleep(POLL_MS, { signal, clock });
      } catch (error) {
        if (signal.aborted) return;
        logger.warn({ err: toRedisError(error, `reading ${topics.join(", ")}`), group }, "reading again");
        await sleep(RETRY_MS, { signal, clock }).catch(() => {});
      }
    }
  }

  async function beat(): Promise<void> {
    while (!ended.signal.aborted) {
      await sleep(holdMs / 3, { signal: ended.signal, clock }).catch(() => {});
      const beats = readers.map((reader) =>
        reader.beat(link.current).catch((error) => logger.debug({ err: error, group }, "could not say that we live")),
      );
      // A server that does not answer must not hold up the end.
      await abortable(Promise.all(beats), ended.signal).catch(() => {});
    }
  }

  const running = run();
  const beating = beat();

  function interrupt(): void {
    for (const { holdings } of readers) holdings.interrupt("the consumer was closed by force");
  }

  async function close({ signal }: CloseOptions): Promise<void> {
    stopped.abort();
    if (signal?.aborted) interrupt();
    signal?.addEventListener("abort", interrupt, { once: true });
    // Before the reader's end: it may wait for room, which events that are tried again and again never make.
    await executor.close({ signal });
    signal?.removeEventListener("abort", interrupt);
    const leave = async (): Promise<void> => {
      await running;
      await Promise.all(readers.map((reader) => acknowledger.flush(reader)));
      const session = await link.session(ended.signal);
      await Promise.all(readers.map((reader) => reader.leave(session)));
    };
    const leaving = leave().catch((error) => logger.debug({ err: error, group }, "left without a word"));
    await settleWithin(leaving, CLOSE_TIMEOUT_MS, clock);
    interrupt();
    ended.abort();
    await bell.close();
    await beating;
  }

  let closed: Promise<void> | undefined;
  return {
    async lag({ signal } = {}) {
      const limit = timeLimit(LAG_TIMEOUT_MS, { signal, clock });
      try {
        const session = await link.session(limit.signal);
        const counts = topics.map((topic) => lagOf(session, topic, group));
        return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
      } catch (error) {
        throw limit.signal.aborted && link.lastError ? link.lastError : toRedisError(error, "counting what waits");
      } finally {
        limit.release();
      }
    },
    close(options = {}) {
      closed ??= close(options);
      return closed;
    },
  };
}

/** Events of one lane run one after the other. */
export function laneOf({ ordering }: Subscription, topic: string, key: string | undefined): string | undefined {
  if (ordering === "none") return undefined;
  if (ordering === "topic") return topic;
  return key === undefined ? undefined : `${topic}\n${key}`;
}

async function makeGroups(
  { topics, group, from }: GroupSubscription,
  { link, clock, timeoutMs }: Pick<ConsumeOptions, "link" | "clock" | "timeoutMs">,
): Promise<void> {
  const limit = timeLimit(timeoutMs, { clock });
  try {
    const session = await link.session(limit.signal);
    for (const topic of topics) await ensureGroup(session, topic, group, startIdOf(from));
  } catch (error) {
    if (limit.signal.aborted) {
      throw link.lastError ?? new ParleyError("UNAVAILABLE", `Redis: no connection to subscribe ${group}`);
    }
    throw toRedisError(error, `making the group ${group}`);
  } finally {
    limit.release();
  }
}

async function lagOf(session: Session, topic: string, group: string): Promise<number> {
  return Number(await runScript(session, LAG, [streamOf(topic)], [group, String(LAG_COUNT_LIMIT)]));
}

import { type Logger, sleep } from "@parley/core";
import { abortable, timeLimit } from "@parley/core/internal";
import {
  AbortableDelivery,
  type Consumer,
  createKeyedExecutor,
  type DeliveryHandler,
  type Outcome,
  type Subscription,
} from "@parley/transport";
import { type ConsumeOptions, laneOf, ROOM_FOR_HELD } from "./consume.ts";
import { type Entry, EntryPosition, parseEntries, toEnvelope } from "./envelope-headers.ts";
import { toRedisError } from "./errors.ts";
import { createHoldings } from "./holdings.ts";
import { openLink, type Reply, type Session } from "./link.ts";
import { startIdOf, streamOf } from "./topics.ts";

const POLL_MS = 500;
const RETRY_MS = 200;
const LAG_TIMEOUT_MS = 5_000;
const LAG_COUNT = "100";

/** A subscription without a group: reads the streams itself, from its own place on, and the server keeps nothing for it. */
export async function consumeOwn(
  subscription: Subscription,
  handler: DeliveryHandler,
  { connection, logger, clock, timeoutMs }: ConsumeOptions,
): Promise<Consumer> {
  const { topics, concurrency, ordering } = subscription;
  const window = ordering === "key" ? concurrency + ROOM_FOR_HELD : concurrency * 2;
  const stopped = new AbortController();
  const holdings = createHoldings();
  const link = openLink({ ...connection, name: `${connection.name} (reads)` });
  const executor = createKeyedExecutor({ concurrency, clock, onRejected: tellRejected(logger, topics) });
  const places = new Map<string, string>();
  const limit = timeLimit(timeoutMs, { clock });
  try {
    const session = await link.session(limit.signal);
    for (const topic of topics) places.set(topic, await placeOf(session, topic, subscription));
  } catch (error) {
    await link.close();
    throw (limit.signal.aborted && link.lastError) || toRedisError(error, "subscribing");
  } finally {
    limit.release();
  }

  function take(topic: string, entry: Entry): void {
    const claim = holdings.add(entry.id);
    const envelope = toEnvelope(topic, entry);
    const position = new EntryPosition(topic, entry.id);
    const work = async (): Promise<Outcome> => {
      await handler(new AbortableDelivery({ topic, envelope, attempt: 1, position }, claim.lost));
      return "done";
    };
    const lane = laneOf(subscription, topic, envelope.key);
    void executor.run(lane, work, { signal: claim.lost }).then(() => {
      holdings.done(claim);
      holdings.settle([claim]);
    });
  }

  async function run(): Promise<void> {
    const { signal } = stopped;
    while (!signal.aborted) {
      try {
        const session = await link.session(signal);
        await executor.below(window);
        if (signal.aborted) return;
        const count = Math.max(1, Math.floor((window - executor.size) / topics.length));
        const streams = [...places.keys()].map(streamOf);
        const block = ["COUNT", String(count), "BLOCK", String(POLL_MS)];
        const reply = await session.send("XREAD", ...block, "STREAMS", ...streams, ...places.values());
        for (const each of Array.isArray(reply) ? reply : []) {
          const [topic, entries] = each as [Reply, Reply];
          for (const entry of parseEntries(entries)) {
            places.set(String(topic), entry.id);
            if (!signal.aborted) take(String(topic), entry);
          }
        }
      } catch (error) {
        if (signal.aborted) return;
        logger.warn({ err: toRedisError(error, `reading ${topics.join(", ")}`) }, "reading again");
        await sleep(RETRY_MS, { signal, clock }).catch(() => {});
      }
    }
  }

  const running = run();
  let closed: Promise<void> | undefined;
  return {
    async lag({ signal } = {}) {
      const limit = timeLimit(LAG_TIMEOUT_MS, { signal, clock });
      try {
        const session = await link.session(limit.signal);
        const counts = [...places].map(([topic, place]) => countAfter(session, topic, place));
        const waiting = (await abortable(Promise.all(counts), limit.signal)).reduce((sum, count) => sum + count, 0);
        return waiting + executor.size;
      } catch (error) {
        throw limit.signal.aborted && link.lastError ? link.lastError : toRedisError(error, "counting what waits");
      } finally {
        limit.release();
      }
    },
    close({ signal } = {}) {
      closed ??= (async () => {
        stopped.abort();
        const interrupt = (): void => holdings.interrupt("the consumer was closed by force");
        if (signal?.aborted) interrupt();
        signal?.addEventListener("abort", interrupt, { once: true });
        // Before the reader's end: it may wait for room, which handlers that hang never make.
        await Promise.all([executor.close({ signal }), link.close()]);
        await running;
        signal?.removeEventListener("abort", interrupt);
      })();
      return closed;
    },
  };
}

/** The last id there is now, for those who begin at the latest: `$` would mean another place at each read. */
async function placeOf(session: Session, topic: string, { from }: Subscription): Promise<string> {
  if (from !== "latest") return startIdOf(from);
  const last = await session.send("XREVRANGE", streamOf(topic), "+", "-", "COUNT", "1");
  return parseEntries(last)[0]?.id ?? "0-0";
}

/** Entries after a place, {@link LAG_COUNT} at most: who asks wants to know whether there are any. */
async function countAfter(session: Session, topic: string, place: string): Promise<number> {
  const reply = await session.send("XRANGE", streamOf(topic), `(${place}`, "+", "COUNT", LAG_COUNT);
  return Array.isArray(reply) ? reply.length : 0;
}

function tellRejected(logger: Logger, topics: readonly string[]): (error: unknown) => void {
  return (error) => logger.error({ err: error, topics }, "a handler rejected an event that is not kept");
}

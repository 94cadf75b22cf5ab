import { type Clock, ParleyError } from "@parley/core";
import { LazyAbort } from "@parley/core/internal";
import { attempt, type DeliveryHandler, type KeyedExecutor, type Outcome, type Subscription } from "@parley/transport";
import { decodeRecord, type Fetched } from "./envelope-headers.ts";

/** One partition at one member, for one generation of the group. */
export interface PartitionLine {
  readonly topic: string;
  readonly partition: number;
  /** Where the next fetch begins. */
  readonly fetchOffset: bigint;
  /** Everything before it is done. */
  readonly doneOffset: bigint;
  readonly hasRoom: boolean;
  add(records: readonly Fetched[], nextOffset: bigint): void;
  /** Goes on elsewhere: what was fetched is dropped. */
  moveTo(offset: bigint): void;
  /** Begins no more events. Resolves when the running ones have ended. */
  release(): Promise<void>;
  /** Nothing that runs counts any more. */
  abort(): void;
}

export interface PartitionLineSettings {
  readonly topic: string;
  readonly partition: number;
  readonly startOffset: bigint;
  readonly subscription: Subscription;
  readonly executor: KeyedExecutor;
  readonly handler: DeliveryHandler;
  readonly clock: Clock;
  /** Something is done, or there is room again. */
  readonly onProgress: () => void;
  /** With a group that nothing is kept for, a failed event is done too. */
  readonly isLive: boolean;
}

/** Fetched and not begun: below it, more is fetched. */
const LOW_WATER = 64;
/** After a handler that took too long. */
const OVERRUN_RETRY_MS = 1_000;

const LEFT = new ParleyError("ABORTED", "this member no longer reads the partition");

/** An event that was begun. */
interface Begun {
  readonly offset: bigint;
  isDone: boolean;
}

/**
 * Hands the events of a partition to handlers: one at a time where order counts, else as many as run at once, begun in the
 * order of the partition. What is done without a gap may be committed; more than that the place of a group cannot say.
 */
export function createPartitionLine(settings: PartitionLineSettings): PartitionLine {
  const { topic, partition, subscription, executor, handler, clock, onProgress, isLive } = settings;
  const atOnce = subscription.ordering === "none" ? subscription.concurrency : 1;
  const log = `${topic}/${partition}`;
  const key = atOnce === 1 ? log : undefined;
  const leaving = new LazyAbort();
  const lost = new LazyAbort();
  const attemptOptions = { lost, limitMs: subscription.acknowledgeWithinMs, clock };
  const runOptions = { signal: leaving };
  const fetched: Fetched[] = [];
  const begun: Begun[] = [];
  let running = 0;
  let ended: PromiseWithResolvers<void> | undefined;
  let fetchOffset = settings.startOffset;
  let nextToBegin = settings.startOffset;

  function begin(): void {
    while (running < atOnce && !leaving.aborted) {
      const next = fetched.shift();
      if (!next) break;
      const entry = { offset: next.offset, isDone: false };
      begun.push(entry);
      nextToBegin = next.offset + 1n;
      void work(next, entry);
    }
    if (fetched.length === 0 && !leaving.aborted) nextToBegin = fetchOffset;
  }

  /** Never rejects, as the executor does not. */
  async function work(record: Fetched, entry: Begun): Promise<void> {
    running += 1;
    const envelope = decodeRecord(record);
    const position = { log, offset: record.offset };
    let attempts = 0;
    const task = async (): Promise<Outcome> => {
      attempts += 1;
      const result = await attempt(handler, { topic, envelope, attempt: attempts, position }, attemptOptions);
      return result === "overrun" || result === "lost" ? { retryAfterMs: OVERRUN_RETRY_MS } : result;
    };
    const how = await executor.run(key, isLive ? once(task) : task, runOptions);
    if (how === "done" && !lost.aborted) {
      entry.isDone = true;
      while (begun[0]?.isDone) begun.shift();
    }
    running -= 1;
    if (running === 0) ended?.resolve();
    begin();
    onProgress();
  }

  return {
    topic,
    partition,
    get fetchOffset() {
      return fetchOffset;
    },
    get doneOffset() {
      return begun[0]?.offset ?? nextToBegin;
    },
    get hasRoom() {
      return fetched.length < LOW_WATER && begun.length < LOW_WATER * 2 && !leaving.aborted;
    },
    add(records, nextOffset) {
      if (leaving.aborted) return;
      fetched.push(...records.filter(({ offset }) => offset >= fetchOffset));
      fetchOffset = nextOffset > fetchOffset ? nextOffset : fetchOffset;
      begin();
    },
    moveTo(offset) {
      fetched.length = 0;
      fetchOffset = offset;
      nextToBegin = offset;
    },
    async release() {
      leaving.abort(LEFT);
      fetched.length = 0;
      if (running === 0) return;
      ended ??= Promise.withResolvers();
      await ended.promise;
    },
    abort() {
      leaving.abort(LEFT);
      lost.abort(LEFT);
    },
  };
}

/** Of an event that does not come again every outcome is the last. */
function once(work: () => Promise<Outcome>): () => Promise<Outcome> {
  return async () => {
    await work().catch(() => {});
    return "done";
  };
}

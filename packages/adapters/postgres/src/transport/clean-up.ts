import type { Backoff, Timer } from "@parley/core";
import { backoffDelayMs } from "@parley/core/internal";
import { detachContext } from "../outside-of-calls.ts";
import type { ResolvedTransportOptions } from "./options.ts";

/** Removes events whose time is over, now and then. */
export interface CleanUp {
  /** Removes what there is to remove; returns how many. */
  run(): Promise<number>;
  close(): Promise<void>;
}

/** What no system tells of is kept as long as an event is by default. */
const DEFAULT_RETENTION_MS = 7 * 86_400_000;
/** A group that nobody was a member of for so long holds nothing back any more. */
const ABANDONED_AFTER = "7 days";
/** One statement removes so many, so that none runs for long. */
const BATCH = 2_000;
/** The processes of a system clean up in turn: whichever comes first. */
const EVERY: Backoff = { initialMs: 60_000, maxMs: 60_000, multiplier: 1, jitter: "equal" };

const TOPICS = `
  SELECT t.topic, coalesce(s.retention_ms, ${DEFAULT_RETENTION_MS}) AS "retentionMs"
  FROM (
    WITH RECURSIVE each_topic AS (
      (SELECT topic FROM parley_events ORDER BY topic LIMIT 1)
      UNION ALL
      SELECT (SELECT e.topic FROM parley_events e WHERE e.topic > each_topic.topic ORDER BY e.topic LIMIT 1)
      FROM each_topic WHERE each_topic.topic IS NOT NULL
    ) SELECT topic FROM each_topic WHERE topic IS NOT NULL
  ) AS t LEFT JOIN parley_event_topics s ON s.name = t.topic`;

/** Old events, unless a group that is alive has not handled them yet. */
const REMOVE = `
  DELETE FROM parley_events WHERE position IN (
    SELECT e.position FROM parley_events e
    WHERE e.topic = $1 AND e.published_at < clock_timestamp() - $2::double precision * interval '1 millisecond'
      AND e.position <= coalesce((
        SELECT min(c.position) FROM parley_event_cursors c
        WHERE c.topic = $1 AND c.seen_at > clock_timestamp() - greatest(
          $2::double precision * interval '1 millisecond', interval '${ABANDONED_AFTER}')
      ), e.position)
    LIMIT $3 FOR UPDATE SKIP LOCKED)`;

export function startCleanUp({ database, clock, logger, random }: ResolvedTransportOptions): CleanUp {
  let closed = false;
  let timer: Timer | undefined;
  let running: Promise<number> | undefined;

  const removeAll = async (): Promise<number> => {
    let total = 0;
    const { rows } = await database.query<{ topic: string; retentionMs: number }>(TOPICS);
    for (const { topic, retentionMs } of rows) {
      for (let removed = BATCH; removed === BATCH && !closed; total += removed) {
        removed = (await database.query(REMOVE, [topic, retentionMs, BATCH])).rowCount;
      }
    }
    return total;
  };

  const run = (): Promise<number> => {
    running ??= detachContext(removeAll).finally(() => {
      running = undefined;
    });
    return running;
  };

  const plan = (): void => {
    if (closed) return;
    timer = clock
      .setTimer(backoffDelayMs(EVERY, 1, random), () => {
        run()
          .catch((error: unknown) => logger.debug({ err: error }, "old events could not be removed; tried again later"))
          .finally(plan);
      })
      .unref();
  };
  plan();

  return {
    run,
    async close() {
      closed = true;
      timer?.cancel();
      await running?.catch(() => {});
    },
  };
}

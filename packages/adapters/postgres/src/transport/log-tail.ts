import { type Executor, ParleyError } from "@parley/core";

/** What is new at the end of the log. */
export interface TailAdvance {
  /** Topics of which there are new events; undefined when it may be any. */
  readonly topics: readonly string[] | undefined;
  /** `"more"` when the next look will find more at once, `"held"` when a position that is still to come holds some up. */
  readonly state: "more" | "held" | "at the end";
}

/**
 * Knows up to which position the log is settled: every event up to there is visible or never will be. Readers read no
 * further, so that none is skipped that commits late.
 *
 * Positions are given out in order, each to a transaction that has an id already, but they become visible when those
 * commit, in any order. So the log is settled up to the first gap. A gap closes when its event appears. It is empty, of
 * a transaction that rolled back, once all that may have the position have ended: those that ran when the gap was seen,
 * or, which is often sooner, those that were writing to the log after it was seen, as their locks on the table tell.
 * A transaction that runs for long elsewhere holds nothing up.
 */
export interface LogTail {
  readonly settled: bigint;
  advance(): Promise<TailAdvance>;
}

interface Look {
  readonly xmin: bigint;
  readonly xmax: bigint;
  readonly count: number;
  readonly last: bigint | null;
  readonly contiguous: bigint | null;
  readonly topics: readonly string[] | null;
}

/** Every acknowledged place was settled when it was acknowledged. */
const OPEN = `
  SELECT pg_snapshot_xmin(now.snapshot)::text::bigint AS xmin, pg_snapshot_xmax(now.snapshot)::text::bigint AS xmax,
    (SELECT coalesce(max(position), 0) FROM parley_events) AS last,
    (SELECT coalesce(max(position), 0) FROM parley_event_cursors) AS known
  FROM (SELECT pg_current_snapshot() AS snapshot) AS now`;

const LOOK = `
  SELECT pg_snapshot_xmin(now.snapshot)::text::bigint AS xmin, pg_snapshot_xmax(now.snapshot)::text::bigint AS xmax,
    fresh.*
  FROM (SELECT pg_current_snapshot() AS snapshot) AS now, (
    SELECT count(*)::integer AS count, max(position) AS last,
      max(position) FILTER (WHERE position = $1::bigint + number) AS contiguous, array_agg(DISTINCT topic) AS topics
    FROM (
      SELECT position, topic, row_number() OVER (ORDER BY position) AS number
      FROM parley_events WHERE position > $1::bigint ORDER BY position LIMIT $2
    ) AS found
  ) AS fresh`;

/** A transaction keeps its lock on the table from before it takes a position until it ends. */
const WRITERS = `
  SELECT virtualtransaction AS writer FROM pg_locks
  WHERE relation = 'parley_events'::regclass AND mode = 'RowExclusiveLock'
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;

const LOOK_LIMIT = 5_000;

interface Gap {
  /** Once every transaction older than this has ended, the gap is settled. */
  readonly xmax: bigint;
  /** Up to here. */
  readonly last: bigint;
  /** And so it is once these have ended; undefined while that was not asked. */
  writers?: ReadonlySet<string>;
}

/** Takes a log of any length: what is there already is one gap, which closes when those that write to it now have ended. */
export async function openLogTail(executor: Executor): Promise<LogTail> {
  const { xmin, xmax, last, known } = await lookAtAll(executor);
  let settled = xmin === xmax ? last : known;
  let gap: Gap | undefined = settled < last ? { xmax, last } : undefined;

  /** Whether those that were writing when it was first asked have ended. To be asked before the look that relies on it. */
  const haveWritersEnded = async (open: Gap): Promise<boolean> => {
    const { rows } = await executor.query<{ writer: string }>(WRITERS);
    const present = new Set(rows.map(({ writer }) => writer));
    open.writers ??= present;
    return ![...open.writers].some((writer) => present.has(writer));
  };

  const settle = ({ xmin, xmax, last, contiguous }: Look & { readonly last: bigint }, writersEnded: boolean): void => {
    if (xmin === xmax) settled = last;
    else {
      if (contiguous !== null) settled = contiguous;
      if (gap && (writersEnded || xmin >= gap.xmax) && gap.last > settled) settled = gap.last;
    }
    if (gap && gap.last <= settled) gap = undefined;
    if (settled < last) gap ??= { xmax, last };
  };

  return {
    get settled() {
      return settled;
    },
    async advance() {
      const from = settled;
      const writersEnded = gap !== undefined && (await haveWritersEnded(gap));
      const [look] = (await executor.query<Look>(LOOK, [from, LOOK_LIMIT])).rows;
      if (!look || look.last === null) return { topics: [], state: "at the end" };
      settle({ ...look, last: look.last }, writersEnded);
      // A gap that closed may reach beyond what was looked through.
      const topics = settled > look.last ? undefined : (look.topics ?? []);
      if (settled < look.last) return { topics, state: settled > from ? "more" : "held" };
      return { topics, state: look.count === LOOK_LIMIT ? "more" : "at the end" };
    },
  };
}

interface Opening extends Pick<Look, "xmin" | "xmax"> {
  readonly last: bigint;
  readonly known: bigint;
}

async function lookAtAll(executor: Executor): Promise<Opening> {
  const [opening] = (await executor.query<Opening>(OPEN)).rows;
  if (!opening) throw new ParleyError("INTERNAL", "the database answered a look at the log with nothing");
  return opening;
}

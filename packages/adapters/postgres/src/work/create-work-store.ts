import type { Clock, Database, Logger } from "@parley/core";
import { type LeasedJob, type NewJob, toIndexKey, type WorkStore } from "@parley/events";
import { fromStoredData, toStoredData } from "../envelope/stored-data.ts";
import { createNotifier } from "../notifier.ts";

export interface WorkStoreOptions {
  readonly clock?: Clock | undefined;
  readonly logger?: Logger | undefined;
}

interface JobRow {
  readonly sequence: bigint;
  readonly id: string;
  readonly priority: number;
  readonly attempt: number;
  readonly unique_key: string | null;
  readonly attributes: Readonly<Record<string, string>>;
  readonly data: string | null;
  readonly body: Uint8Array | null;
}

const CHANNEL = "parley_jobs";

/**
 * The job that waits already is updated without a change, which locks it: it cannot be taken before the transaction
 * that relies on it has committed, and so sees what that transaction did. In the order of keys, so that two
 * transactions cannot wait for each other.
 */
const ENQUEUE = `
  INSERT INTO parley_jobs (queue, id, priority, due_at, unique_key, waiting_key, attributes, data, body)
  SELECT $1, j.id, j.priority, to_timestamp(j.due_ms / 1000), j.unique_key, j.unique_key, j.attributes, j.data, j.body
  FROM unnest($2::text[], $3::smallint[], $4::double precision[], $5::text[], $6::json[], $7::text[], $8::bytea[])
    AS j (id, priority, due_ms, unique_key, attributes, data, body)`;
const UNLESS_WAITING = `
  ON CONFLICT (queue, waiting_key) WHERE waiting_key IS NOT NULL DO UPDATE SET queue = excluded.queue`;

const LEASE = "SELECT * FROM parley_lease_jobs($1, $2::integer, $3::double precision)";

const DONE = "DELETE FROM parley_jobs WHERE sequence = $1 AND attempt = $2 AND leased AND queue = $3";

/** A job that goes back to waiting takes its unique key again, unless another has come meanwhile that waits with it. */
const RETRY = `
  UPDATE parley_jobs j
  SET leased = false, due_at = to_timestamp($4::double precision / 1000), attributes = coalesce($5::json, attributes),
    waiting_key = CASE WHEN EXISTS (
    SELECT 1 FROM parley_jobs o WHERE o.queue = j.queue AND o.waiting_key = j.unique_key
  ) THEN NULL ELSE unique_key END
  WHERE sequence = $1 AND attempt = $2 AND leased AND queue = $3`;

const RENEW = `
  UPDATE parley_jobs SET due_at = clock_timestamp() + $4::double precision * interval '1 millisecond'
  WHERE sequence = $1 AND attempt = $2 AND leased AND queue = $3`;

const COMPLETE = "SELECT parley_complete_jobs($1, $2::bigint[], $3::integer[])";

const LENGTH = `
  SELECT count(*)::integer AS length FROM parley_jobs
  WHERE queue = $1 AND (due_at IS NULL OR leased OR due_at <= statement_timestamp())`;

/** The age of the first one stands for all: jobs are numbered as they are enqueued. */
const LAG = `
  WITH waiting AS (
    SELECT count(*)::integer AS count, min(sequence) AS first FROM parley_jobs
    WHERE queue = $1 AND (due_at IS NULL OR leased OR due_at <= statement_timestamp())
  )
  SELECT w.count, coalesce(1000 * extract(epoch FROM statement_timestamp()) - greatest(
    (j.attributes->>'enqueuedms')::double precision,
    CASE WHEN NOT j.leased THEN 1000 * extract(epoch FROM j.due_at) END
  ), 0)::double precision AS "oldestMs"
  FROM waiting w LEFT JOIN parley_jobs j ON j.sequence = w.first`;

/** Work queues in the tables of a service. A job's number of attempts is the fence of its lease: each lease counts one. */
export function createWorkStore(database: Database, options: WorkStoreOptions = {}): WorkStore {
  const notifier = createNotifier(database, { channel: CHANNEL, ...options });
  return {
    async enqueue(tx, queue, jobs) {
      // One statement may not meet the same waiting key twice, and the later one would not be stored anyway.
      const anyKey = jobs.some(({ uniqueKey }) => uniqueKey !== undefined);
      const stored = anyKey ? distinctByKey(jobs) : jobs;
      if (stored.length === 0) return;
      const data = stored.map((job) => toStoredData(job.data));
      const params = [
        queue,
        stored.map(({ id }) => id),
        stored.map(({ priority }) => priority),
        stored.map(({ notBeforeMs }) => notBeforeMs),
        stored.map(({ uniqueKey }) => (uniqueKey === undefined ? undefined : toIndexKey(uniqueKey))),
        stored.map(({ attributes }) => JSON.stringify(attributes)),
        data.map(({ text }) => text),
        data.map(({ bytes }) => bytes),
      ];
      await tx.query(anyKey ? ENQUEUE + UNLESS_WAITING : ENQUEUE, params, { prepare: true });
      notifier.notifyAfter(tx, queue);
    },

    async lease(queue, { limit, leaseMs, signal }) {
      const { rows } = await database.query<JobRow>(LEASE, [queue, limit, leaseMs], { signal });
      return rows.sort(byPriorityThenAge).map(toJob);
    },

    async settle(tx, queue, { lease }, outcome) {
      const holder = [...lease.split("."), queue];
      if (outcome === "done") return (await tx.query(DONE, holder)).rowCount === 1;
      const attributes = outcome.attributes && JSON.stringify(outcome.attributes);
      return (await tx.query(RETRY, [...holder, outcome.retryAtMs, attributes])).rowCount === 1;
    },

    async renew(queue, { lease }, leaseMs) {
      const { rowCount } = await database.query(RENEW, [...lease.split("."), queue, leaseMs]);
      return rowCount === 1;
    },

    async complete(queue, jobs) {
      const fences = jobs.map(({ lease }) => lease.split("."));
      await database.query(COMPLETE, [
        queue,
        fences.map(([sequence]) => sequence),
        fences.map(([, attempt]) => attempt),
      ]);
    },

    async length(queue) {
      const { rows } = await database.query<{ length: number }>(LENGTH, [queue]);
      return rows[0]?.length ?? 0;
    },

    async lag(queue) {
      const { rows } = await database.query<{ count: number; oldestMs: number }>(LAG, [queue]);
      const [{ count, oldestMs } = { count: 0, oldestMs: 0 }] = rows;
      return { count, oldestMs: Math.max(0, oldestMs) };
    },

    watch: (onWork) => database.listen(CHANNEL, onWork),
  };
}

/** The first job of each unique key, those with a key in its order. */
function distinctByKey(jobs: readonly NewJob[]): readonly NewJob[] {
  const keyed = new Map<string, NewJob>();
  for (const job of jobs) {
    if (job.uniqueKey !== undefined && !keyed.has(job.uniqueKey)) keyed.set(job.uniqueKey, job);
  }
  const inOrder = [...keyed].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, job]) => job);
  return [...jobs.filter(({ uniqueKey }) => uniqueKey === undefined), ...inOrder];
}

function byPriorityThenAge(a: JobRow, b: JobRow): number {
  return b.priority - a.priority || (a.sequence < b.sequence ? -1 : 1);
}

function toJob({ sequence, id, priority, attempt, unique_key, attributes, data, body }: JobRow): LeasedJob {
  return {
    id,
    data: fromStoredData({ text: data, bytes: body }),
    priority,
    uniqueKey: unique_key ?? undefined,
    attributes,
    attempt,
    lease: `${sequence}.${attempt}`,
  };
}

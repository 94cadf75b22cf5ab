import type { Database } from "@parley/core";
import type { StartPosition, Subscription } from "@parley/transport";
import { PARTS, WHOLE_TOPIC } from "./tables.ts";

/** A part of a topic that a member of a group has. */
export interface OwnedPart {
  readonly topic: string;
  readonly part: number;
  /** Everything up to here has been handled. */
  readonly position: bigint;
  /** What else has been handled, beyond it. */
  readonly ahead: readonly bigint[];
  /** Fences it: with another owner comes another generation. */
  readonly generation: bigint;
  /** How many parts of the topic this member should have. */
  readonly quota: number;
}

/** How far a part has been handled. */
export interface Acknowledgement extends Omit<OwnedPart, "quota"> {}

/** One member's view of its group, in the database. */
export interface Group {
  /** Makes the parts that the group does not know yet, to begin at `settled` or where `from` says. */
  prepare(from: StartPosition, settled: bigint): Promise<void>;
  /** Says that the member lives for `leaseMs` longer; see `parley_join_group`. */
  beat(leaseMs: number): Promise<readonly OwnedPart[]>;
  /** @returns those that were accepted; the others have another owner now. */
  acknowledge(places: readonly Acknowledgement[]): Promise<readonly Pick<OwnedPart, "topic" | "part">[]>;
  /** Gives parts back. */
  release(parts: readonly Pick<OwnedPart, "topic" | "part" | "generation">[]): Promise<void>;
  leave(): Promise<void>;
  /** Events beyond what was acknowledged. */
  lag(): Promise<number>;
}

/** A group whose subscription changed between the order of keys and that of topics goes on where the earlier one was. */
const PREPARE = `
  WITH wanted AS (
    SELECT t.topic, p.part::smallint AS part FROM unnest($2::text[]) AS t (topic), unnest($3::integer[]) AS p (part)
  ), replaced AS (
    DELETE FROM parley_event_cursors c
    WHERE c.group_name = $1 AND c.topic = ANY($2::text[]) AND c.part <> ALL($3::integer[])
    RETURNING c.topic, c.position
  )
  INSERT INTO parley_event_cursors (group_name, topic, part, position)
  SELECT $1, w.topic, w.part, coalesce((SELECT min(r.position) FROM replaced r WHERE r.topic = w.topic), $4::bigint)
  FROM wanted w
  ON CONFLICT DO NOTHING`;

const FIRST_SINCE = `
  SELECT min(position) AS position FROM parley_events
  WHERE topic = ANY($1::text[]) AND published_at >= to_timestamp($2::double precision / 1000)`;

const JOIN = "SELECT * FROM parley_join_group($1, $2, $3::text[], $4::double precision)";

/** Losing an acknowledgement in a crash of the server means to handle some events again, so none waits for the disk. */
const ACKNOWLEDGE = `
  WITH relaxed AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true))
  UPDATE parley_event_cursors c SET position = p.position, ahead = p.ahead::bigint[], seen_at = clock_timestamp()
  FROM relaxed, unnest($3::text[], $4::smallint[], $5::bigint[], $6::text[], $7::bigint[])
    AS p (topic, part, position, ahead, generation)
  WHERE c.group_name = $1 AND c.owner = $2 AND c.topic = p.topic AND c.part = p.part AND c.generation = p.generation
  RETURNING c.topic, c.part`;

const RELEASE = `
  UPDATE parley_event_cursors c SET owner = NULL
  FROM unnest($3::text[], $4::smallint[], $5::bigint[]) AS p (topic, part, generation)
  WHERE c.group_name = $1 AND c.owner = $2 AND c.topic = p.topic AND c.part = p.part AND c.generation = p.generation`;

const LEAVE = `
  WITH gone AS (DELETE FROM parley_event_members WHERE group_name = $1 AND member = $2)
  UPDATE parley_event_cursors SET owner = NULL WHERE group_name = $1 AND owner = $2`;

const LAG = `
  SELECT coalesce(sum(greatest(waiting - cardinality(c.ahead), 0)), 0)::integer AS lag
  FROM parley_event_cursors c CROSS JOIN LATERAL (
    SELECT count(*) AS waiting FROM parley_events e
    WHERE e.topic = c.topic AND (c.part = ${WHOLE_TOPIC} OR e.part = c.part) AND e.position > c.position
  ) AS counted
  WHERE c.group_name = $1 AND c.topic = ANY($2::text[])`;

export interface GroupOptions {
  readonly database: Database;
  readonly group: string;
  /** Unlike that of any other member, of any time. */
  readonly member: string;
  readonly subscription: Pick<Subscription, "topics" | "ordering">;
}

export function createGroup({ database, group, member, subscription }: GroupOptions): Group {
  const { topics, ordering } = subscription;
  const parts = ordering === "topic" ? [WHOLE_TOPIC] : Array.from({ length: PARTS }, (_, part) => part);
  return {
    async prepare(from, settled) {
      const start = await startOf(database, topics, from, settled);
      await database.query(PREPARE, [group, topics, parts, start]);
    },
    async beat(leaseMs) {
      return (await database.query<OwnedPart>(JOIN, [group, member, topics, leaseMs])).rows;
    },
    async acknowledge(places) {
      const { rows } = await database.query<Pick<OwnedPart, "topic" | "part">>(ACKNOWLEDGE, [
        group,
        member,
        places.map(({ topic }) => topic),
        places.map(({ part }) => part),
        places.map(({ position }) => position),
        places.map(({ ahead }) => `{${ahead.join(",")}}`),
        places.map(({ generation }) => generation),
      ]);
      return rows;
    },
    async release(released) {
      await database.query(RELEASE, [
        group,
        member,
        released.map(({ topic }) => topic),
        released.map(({ part }) => part),
        released.map(({ generation }) => generation),
      ]);
    },
    async leave() {
      await database.query(LEAVE, [group, member]);
    },
    async lag() {
      return (await database.query<{ lag: number }>(LAG, [group, topics])).rows[0]?.lag ?? 0;
    },
  };
}

/** The position after which somebody begins. */
export async function startOf(
  database: Database,
  topics: readonly string[],
  from: StartPosition,
  settled: bigint,
): Promise<bigint> {
  if (from === "earliest") return 0n;
  if (from === "latest") return settled;
  const { rows } = await database.query<{ position: bigint | null }>(FIRST_SINCE, [topics, from.sinceMs]);
  const first = rows[0]?.position ?? settled + 1n;
  return first > settled ? settled : first - 1n;
}

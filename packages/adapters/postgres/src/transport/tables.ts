import { defineMigration, type Migration } from "../migrations/read-migrations.ts";

/**
 * The log, and the places of groups in it.
 *
 * The position's default asks for the transaction's id first, so that whoever has a position has an id that snapshots
 * know: `log-tail.ts` relies on it to tell a position that is still to come from one that never will.
 *
 * `part` spreads keys evenly and for ever the same; events without a key go round.
 */
const LOG = `
CREATE SEQUENCE parley_events_position;
CREATE TABLE parley_events (
  position bigint PRIMARY KEY
    DEFAULT nextval(CASE WHEN pg_current_xact_id() IS NOT NULL THEN 'parley_events_position'::regclass END),
  topic text NOT NULL,
  key text,
  part smallint NOT NULL GENERATED ALWAYS AS (
    CASE WHEN key IS NULL THEN position & 15 ELSE get_byte(decode(md5(key), 'hex'), 0) & 15 END
  ) STORED,
  id text NOT NULL DEFAULT gen_random_uuid(),
  attributes json,
  data json,
  body bytea,
  published_at timestamptz NOT NULL DEFAULT clock_timestamp()
) WITH (autovacuum_vacuum_insert_scale_factor = 0.1, autovacuum_vacuum_cost_delay = 0);
ALTER SEQUENCE parley_events_position OWNED BY parley_events.position;
CREATE INDEX parley_events_place ON parley_events (topic, part, position);
CREATE INDEX parley_events_published ON parley_events USING brin (published_at)
  WITH (pages_per_range = 32, autosummarize = on);
COMMENT ON TABLE parley_events IS
  'The log of events. Any client may read it, and add to it: INSERT INTO parley_events (topic, data) VALUES (…)';
COMMENT ON COLUMN parley_events.data IS 'The data of the event; null when it is no JSON, then see body';
COMMENT ON COLUMN parley_events.attributes IS 'The other attributes of CloudEvents; null when a foreign client published it';

CREATE TABLE parley_event_topics (
  name text PRIMARY KEY,
  retention_ms double precision NOT NULL
);

CREATE TABLE parley_event_members (
  group_name text NOT NULL,
  member text NOT NULL,
  topics text[] NOT NULL,
  seen_until timestamptz NOT NULL,
  PRIMARY KEY (group_name, member)
) WITH (fillfactor = 50, autovacuum_vacuum_threshold = 200, autovacuum_vacuum_scale_factor = 0);
COMMENT ON TABLE parley_event_members IS 'Consumers that are alive';

CREATE TABLE parley_event_cursors (
  group_name text NOT NULL,
  topic text NOT NULL,
  part smallint NOT NULL,
  position bigint NOT NULL,
  ahead bigint[] NOT NULL DEFAULT '{}',
  owner text,
  generation bigint NOT NULL DEFAULT 0,
  seen_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (group_name, topic, part)
) WITH (fillfactor = 50, autovacuum_vacuum_threshold = 200, autovacuum_vacuum_scale_factor = 0);
COMMENT ON TABLE parley_event_cursors IS
  'How far each group has handled each part of a topic, and the member that has the part; part -1 is the whole topic';
COMMENT ON COLUMN parley_event_cursors.ahead IS 'Positions beyond position that are handled already';
COMMENT ON COLUMN parley_event_cursors.generation IS 'Grows with each change of owner: an acknowledgement with an older one is refused';
`;

/**
 * One member's heartbeat: says that it lives, forgets those that do not, takes its fair share of the parts that nobody
 * has, and tells which are its own. A part belongs to its owner as long as that one is a member.
 *
 * The quotas of the members add up to the number of parts exactly; whoever has more than its own gives some back.
 */
const MEMBERS = `
CREATE FUNCTION parley_join_group(
  in_group text, in_member text, in_topics text[], lease_ms double precision
) RETURNS TABLE (topic text, part smallint, "position" bigint, ahead bigint[], generation bigint,
  quota integer)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  present timestamptz;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('parley_group ' || current_schema() || ' ' || in_group, 0));
  present := clock_timestamp();
  INSERT INTO parley_event_members AS m (group_name, member, topics, seen_until)
  VALUES (in_group, in_member, in_topics, present + lease_ms * interval '1 millisecond')
  ON CONFLICT ON CONSTRAINT parley_event_members_pkey DO UPDATE SET topics = excluded.topics, seen_until = excluded.seen_until;
  DELETE FROM parley_event_members m WHERE m.group_name = in_group AND m.seen_until < present;
  RETURN QUERY
  WITH counted AS (
    SELECT c.topic, count(*)::integer AS parts, count(*) FILTER (WHERE c.owner = in_member)::integer AS owned
    FROM parley_event_cursors c WHERE c.group_name = in_group AND c.topic = ANY(in_topics) GROUP BY c.topic
  ), ranked AS (
    SELECT t.topic, count(*)::integer AS members,
      (count(*) FILTER (WHERE m.member < in_member) + (hashtext(t.topic) & 1023))::integer AS rank
    FROM unnest(in_topics) AS t (topic)
    JOIN parley_event_members m ON m.group_name = in_group AND t.topic = ANY(m.topics)
    GROUP BY t.topic
  ), share AS (
    SELECT c.topic, c.owned,
      c.parts / r.members + CASE WHEN r.rank % r.members < c.parts % r.members THEN 1 ELSE 0 END AS quota
    FROM counted c JOIN ranked r ON r.topic = c.topic
  ), free AS (
    SELECT c.topic, c.part, row_number() OVER (PARTITION BY c.topic ORDER BY c.part) AS number
    FROM parley_event_cursors c
    WHERE c.group_name = in_group AND c.topic = ANY(in_topics) AND (c.owner IS NULL OR NOT EXISTS (
      SELECT 1 FROM parley_event_members m WHERE m.group_name = in_group AND m.member = c.owner))
  ), claimed AS (
    UPDATE parley_event_cursors c
    SET owner = in_member, generation = c.generation + 1, seen_at = present
    FROM free f JOIN share s ON s.topic = f.topic
    WHERE c.group_name = in_group AND c.topic = f.topic AND c.part = f.part AND f.number <= s.quota - s.owned
    RETURNING c.topic, c.part, c.position, c.ahead, c.generation
  )
  SELECT o.topic, o.part, o.position, o.ahead, o.generation, s.quota
  FROM (
    TABLE claimed
    UNION ALL
    SELECT c.topic, c.part, c.position, c.ahead, c.generation
    FROM parley_event_cursors c
    WHERE c.group_name = in_group AND c.owner = in_member AND c.topic = ANY(in_topics)
  ) o JOIN share s ON s.topic = o.topic
  ORDER BY o.topic, o.part;
END $$;
`;

/** The tables of the transport. Only ever appended to. */
export const transportMigrations: readonly Migration[] = [
  defineMigration("0001_log.sql", LOG),
  defineMigration("0002_members.sql", MEMBERS),
];

export const TRANSPORT_HISTORY = "parley_transport_migrations";
/** Notified after events were published. */
export const EVENTS_CHANNEL = "parley_events";
/** Notified with the name of a group after a member came or went. */
export const GROUPS_CHANNEL = "parley_event_groups";
/** Parts of a topic: so many members of a group can share it. Written into the table's definition. */
export const PARTS = 16;
/** The part of a group that takes a topic as a whole, because it asks for the order of all its events. */
export const WHOLE_TOPIC = -1;

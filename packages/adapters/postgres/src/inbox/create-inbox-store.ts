import type { Database } from "@parley/core";
import { type InboxStore, toIndexKey } from "@parley/events";

/** The unique index makes a concurrent twin wait until the first one has committed or rolled back. */
const RECORD = "INSERT INTO parley_inbox (group_name, event_key) VALUES ($1, $2) ON CONFLICT DO NOTHING";

const RECORD_UNLESS_BLOCKED = `
  WITH blocked AS (
    SELECT FROM parley_dead_letters WHERE group_name = $1 AND topic = $3 AND key = $4 LIMIT 1
  ), recorded AS (
    INSERT INTO parley_inbox (group_name, event_key) SELECT $1, $2 WHERE NOT EXISTS (TABLE blocked)
    ON CONFLICT DO NOTHING RETURNING event_key
  )
  SELECT CASE WHEN EXISTS (TABLE blocked) THEN 'blocked' WHEN EXISTS (TABLE recorded) THEN 'recorded' ELSE 'repeat' END
    AS outcome`;

const FORGET = `
  DELETE FROM parley_inbox WHERE ctid = ANY(ARRAY(
    SELECT ctid FROM parley_inbox WHERE handled_at < to_timestamp($1::double precision / 1000) LIMIT $2
    FOR UPDATE SKIP LOCKED))`;

interface Recorded {
  readonly outcome: "recorded" | "repeat" | "blocked";
}

/** The inbox in the tables of a service. Record before the effects: what waits then has nothing to undo. */
export function createInboxStore(database: Database): InboxStore {
  return {
    async record(tx, group, eventKey) {
      const { rowCount } = await tx.query(RECORD, [group, toIndexKey(eventKey)], { prepare: true });
      return rowCount === 1;
    },
    async recordUnlessBlocked(tx, group, eventKey, { topic, key }) {
      const params = [group, toIndexKey(eventKey), topic, toIndexKey(key)];
      const { rows } = await tx.query<Recorded>(RECORD_UNLESS_BLOCKED, params, { prepare: true });
      return rows[0]?.outcome ?? "repeat";
    },
    async forget(beforeMs, limit) {
      const { rowCount } = await database.query(FORGET, [beforeMs, limit]);
      return rowCount;
    },
  };
}

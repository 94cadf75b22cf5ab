import type { Database } from "@parley/core";
import type { InboxStore } from "@parley/events";

/** The unique index makes a concurrent twin wait until the first one has committed or rolled back. */
const RECORD = "INSERT INTO parley_inbox (group_name, event_key) VALUES ($1, $2) ON CONFLICT DO NOTHING";

const FORGET = `
  DELETE FROM parley_inbox WHERE ctid = ANY(ARRAY(
    SELECT ctid FROM parley_inbox WHERE handled_at < to_timestamp($1::double precision / 1000) LIMIT $2
    FOR UPDATE SKIP LOCKED))`;

/** The inbox in the tables of a service. Record before the effects: what waits then has nothing to undo. */
export function createInboxStore(database: Database): InboxStore {
  return {
    async record(tx, group, eventKey) {
      const { rowCount } = await tx.query(RECORD, [group, eventKey]);
      return rowCount === 1;
    },
    async forget(beforeMs, limit) {
      const { rowCount } = await database.query(FORGET, [beforeMs, limit]);
      return rowCount;
    },
  };
}

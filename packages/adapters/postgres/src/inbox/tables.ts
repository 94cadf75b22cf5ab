/** Times grow with the place in the table, so a block range index finds the old ones and costs inserts next to nothing. */
export const INBOX_TABLES = `
CREATE TABLE parley_inbox (
  group_name text NOT NULL,
  event_key text NOT NULL,
  handled_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (group_name, event_key)
) WITH (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_cost_delay = 0);
CREATE INDEX parley_inbox_handled ON parley_inbox USING brin (handled_at) WITH (pages_per_range = 16, autosummarize = on);
COMMENT ON TABLE parley_inbox IS 'Events that were handled, written with the effects of their handlers';
`;

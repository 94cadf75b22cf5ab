/**
 * The tables, as statements that can be run again. For a service whose role may not make tables, they belong in a
 * migration of its own; `prepare` then finds them and makes nothing.
 */
export const WEBHOOK_TABLES: readonly string[] = [
  `CREATE TABLE IF NOT EXISTS parley_webhook_endpoints (
    id text PRIMARY KEY,
    url text NOT NULL,
    events text[] NOT NULL,
    tenant text,
    owner text,
    state text NOT NULL,
    reason text,
    secrets jsonb NOT NULL,
    created_ms bigint NOT NULL
  )`,
  `CREATE TABLE IF NOT EXISTS parley_webhook_deliveries (
    endpoint_id text NOT NULL REFERENCES parley_webhook_endpoints ON DELETE CASCADE,
    message_id text NOT NULL,
    event text NOT NULL,
    body text NOT NULL,
    state text NOT NULL DEFAULT 'pending',
    attempt integer NOT NULL DEFAULT 0,
    next_ms bigint,
    created_ms bigint NOT NULL,
    log jsonb NOT NULL DEFAULT '[]',
    PRIMARY KEY (endpoint_id, message_id)
  )`,
  `CREATE INDEX IF NOT EXISTS parley_webhook_deliveries_due
    ON parley_webhook_deliveries (endpoint_id, next_ms) WHERE state = 'pending'`,
  `CREATE INDEX IF NOT EXISTS parley_webhook_deliveries_log ON parley_webhook_deliveries (endpoint_id, created_ms)`,
];

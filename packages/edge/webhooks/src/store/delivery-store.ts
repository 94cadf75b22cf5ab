import type { Database } from "@parley/core";
import { ENDPOINT_COLUMNS, type EndpointRow, toEndpoint } from "./rows.ts";
import type { DeliveryStore } from "./webhook-store.ts";

interface LeasedRow extends EndpointRow {
  readonly message_id: string;
  readonly event: string;
  readonly body: string;
  readonly attempt: number;
}

export function createDeliveryStore(database: Database): DeliveryStore {
  return {
    async add(tx, { id, event, tenant, body }, nowMs) {
      const { rowCount } = await tx.query(
        `INSERT INTO parley_webhook_deliveries (endpoint_id, message_id, event, body, next_ms, created_ms)
        SELECT e.id, $1, $2, $3, $4, $4 FROM parley_webhook_endpoints e
        WHERE (e.events = '{}' OR $2 = ANY (e.events)) AND ($5::text IS NULL OR e.tenant = $5)
        ON CONFLICT DO NOTHING`,
        [id, event, body, nowMs, tenant ?? null],
      );
      return rowCount;
    },

    // While a delivery is held, its next attempt is set to when the lease ends.
    async lease({ limit, limitPerEndpoint, busy, nowMs, leaseMs }) {
      const { rows } = await database.query<LeasedRow>(
        `WITH due AS (
          SELECT d.endpoint_id, d.message_id FROM parley_webhook_endpoints e
          CROSS JOIN LATERAL (
            SELECT endpoint_id, message_id, next_ms FROM parley_webhook_deliveries
            WHERE endpoint_id = e.id AND state = 'pending' AND next_ms <= $1
            ORDER BY next_ms LIMIT $2 FOR UPDATE SKIP LOCKED
          ) d
          WHERE e.state = 'active' AND NOT e.id = ANY ($3::text[])
          ORDER BY d.next_ms LIMIT $4
        )
        UPDATE parley_webhook_deliveries d SET attempt = d.attempt + 1, next_ms = $1 + $5::bigint
        FROM due, parley_webhook_endpoints e
        WHERE d.endpoint_id = due.endpoint_id AND d.message_id = due.message_id AND e.id = d.endpoint_id
        RETURNING d.message_id, d.event, d.body, d.attempt, ${ENDPOINT_COLUMNS}`,
        [nowMs, limitPerEndpoint, busy, limit, leaseMs],
      );
      return rows.map((row) => ({
        endpoint: toEndpoint(row),
        message: { id: row.message_id, event: row.event, body: row.body },
        attempt: row.attempt,
      }));
    },

    async backlog(nowMs) {
      const { rows } = await database.query<{ due: number; due_ms: number; later: number; later_ms: number }>(
        `SELECT count(*) FILTER (WHERE next_ms <= $1)::integer AS due,
          coalesce($1 - min(next_ms) FILTER (WHERE next_ms <= $1), 0)::double precision AS due_ms,
          count(*) FILTER (WHERE next_ms > $1)::integer AS later,
          coalesce($1 - min(d.created_ms) FILTER (WHERE next_ms > $1), 0)::double precision AS later_ms
        FROM parley_webhook_deliveries d JOIN parley_webhook_endpoints e ON e.id = d.endpoint_id
        WHERE d.state = 'pending' AND e.state = 'active'`,
        [nowMs],
      );
      const [{ due, due_ms, later, later_ms } = { due: 0, due_ms: 0, later: 0, later_ms: 0 }] = rows;
      return { due: { count: due, oldestMs: due_ms }, later: { count: later, oldestMs: later_ms } };
    },

    async settle({ endpoint, message, attempt }, logged, outcome) {
      const state = typeof outcome === "string" ? outcome : "pending";
      const { rowCount } = await database.query(
        `UPDATE parley_webhook_deliveries SET state = $4, next_ms = $5, log = log || $6::jsonb
        WHERE endpoint_id = $1 AND message_id = $2 AND attempt = $3 AND state = 'pending'`,
        [
          endpoint.id,
          message.id,
          attempt,
          state,
          typeof outcome === "string" ? null : outcome.retryAtMs,
          JSON.stringify([logged]),
        ],
      );
      return rowCount > 0;
    },
  };
}

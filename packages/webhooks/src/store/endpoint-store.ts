import type { Database } from "@parley/core";
import { ENDPOINT_COLUMNS, type EndpointRow, toEndpoint } from "./rows.ts";
import type { EndpointStore } from "./webhook-store.ts";

const DEFAULT_LIMIT = 100;

export function createEndpointStore(database: Database): EndpointStore {
  return {
    async save({ id, url, events, tenant, owner, state, reason, secrets, createdAtMs }) {
      await database.query(
        `INSERT INTO parley_webhook_endpoints (id, url, events, tenant, owner, state, reason, secrets, created_ms)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8::jsonb, $9)
        ON CONFLICT (id) DO UPDATE SET url = $2, events = $3, tenant = $4, owner = $5, state = $6, reason = $7, secrets = $8::jsonb`,
        [id, url, events, tenant ?? null, owner ?? null, state, reason ?? null, JSON.stringify(secrets), createdAtMs],
      );
    },
    async get(id) {
      const { rows } = await database.query<EndpointRow>(
        `SELECT ${ENDPOINT_COLUMNS} FROM parley_webhook_endpoints e WHERE id = $1`,
        [id],
      );
      return rows[0] && toEndpoint(rows[0]);
    },
    async list({ owner, tenant, limit = DEFAULT_LIMIT, after }) {
      const { rows } = await database.query<EndpointRow>(
        `SELECT ${ENDPOINT_COLUMNS} FROM parley_webhook_endpoints e
        WHERE ($1::text IS NULL OR owner = $1) AND ($2::text IS NULL OR tenant = $2) AND ($3::text IS NULL OR id > $3)
        ORDER BY id LIMIT $4`,
        [owner ?? null, tenant ?? null, after ?? null, limit],
      );
      return rows.map(toEndpoint);
    },
    async remove(id) {
      return (await database.query("DELETE FROM parley_webhook_endpoints WHERE id = $1", [id])).rowCount > 0;
    },
  };
}

import type { Database, QueryResult } from "@parley/core";
import { ENDPOINT_COLUMNS, type EndpointRow, toEndpoint } from "./rows.ts";
import type { EndpointStore, StoredEndpoint } from "./webhook-store.ts";

const DEFAULT_LIMIT = 100;

/** The list is read in the statement that writes it, so it is that of the row as it is when the row's lock is held. */
const ROTATE = `
  UPDATE parley_webhook_endpoints e
  SET secrets = jsonb_build_array(jsonb_build_object('secret', $3::text)) || (
    SELECT coalesce(jsonb_agg(jsonb_build_object('secret', s.old->'secret', 'untilMs', s.until_ms) ORDER BY s.place), '[]')
    FROM (
      SELECT o.old, o.place, least(coalesce((o.old->>'untilMs')::double precision, $5::double precision),
        $5::double precision)::bigint AS until_ms
      FROM jsonb_array_elements(e.secrets) WITH ORDINALITY AS o (old, place)
    ) AS s
    WHERE s.until_ms > $4::bigint
  )
  WHERE e.id = $1 AND e.secrets->0->>'secret' IS NOT DISTINCT FROM $2::text
  RETURNING ${ENDPOINT_COLUMNS}`;

const SET_STATE = `
  UPDATE parley_webhook_endpoints e SET state = $2, reason = NULL WHERE e.id = $1 RETURNING ${ENDPOINT_COLUMNS}`;

const DISABLE = `
  UPDATE parley_webhook_endpoints SET state = 'disabled', reason = $3 WHERE id = $1 AND url = $2 AND state = 'active'`;

const first = ({ rows }: QueryResult<EndpointRow>): StoredEndpoint | undefined => rows[0] && toEndpoint(rows[0]);

export function createEndpointStore(database: Database): EndpointStore {
  return {
    async insert({ id, url, events, tenant, owner, state, reason, secrets, createdAtMs }) {
      await database.query(
        `INSERT INTO parley_webhook_endpoints (id, url, events, tenant, owner, state, reason, secrets, created_ms)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8::jsonb, $9)`,
        [id, url, events, tenant ?? null, owner ?? null, state, reason ?? null, JSON.stringify(secrets), createdAtMs],
      );
    },
    async rotate(id, { presentSecret, secret, nowMs, oldUntilMs }) {
      return first(await database.query<EndpointRow>(ROTATE, [id, presentSecret ?? null, secret, nowMs, oldUntilMs]));
    },
    async setState(id, state) {
      return first(await database.query<EndpointRow>(SET_STATE, [id, state]));
    },
    async disable({ id, url }, reason) {
      return (await database.query(DISABLE, [id, url, reason])).rowCount > 0;
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

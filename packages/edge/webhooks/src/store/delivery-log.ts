import type { Database } from "@parley/core";
import { type DeliveryRow, toDelivery } from "./rows.ts";
import type { DeliveryLog } from "./webhook-store.ts";

/** Rows removed by one statement. */
const FORGET_LIMIT = 1_000;

export function createDeliveryLog(database: Database): DeliveryLog {
  return {
    async list(endpointId, { limit, beforeMs, beforeId }) {
      const { rows } = await database.query<DeliveryRow>(
        `SELECT endpoint_id, message_id, event, state, created_ms, next_ms, log FROM parley_webhook_deliveries
        WHERE endpoint_id = $1 AND ($2::bigint IS NULL OR created_ms < $2 OR (created_ms = $2 AND message_id > $4))
        ORDER BY created_ms DESC, message_id LIMIT $3`,
        [endpointId, beforeMs ?? null, limit, beforeId ?? null],
      );
      return rows.map(toDelivery);
    },
    async forget(beforeMs) {
      const { rowCount } = await database.query(
        `DELETE FROM parley_webhook_deliveries WHERE (endpoint_id, message_id) IN (
          SELECT endpoint_id, message_id FROM parley_webhook_deliveries
          WHERE state <> 'pending' AND created_ms < $1 LIMIT $2
        )`,
        [beforeMs, FORGET_LIMIT],
      );
      return rowCount;
    },
  };
}

import type { Database } from "@parley/core";
import { createDeliveryLog } from "./delivery-log.ts";
import { createDeliveryStore } from "./delivery-store.ts";
import { createEndpointStore } from "./endpoint-store.ts";
import { WEBHOOK_TABLES } from "./tables.ts";
import type { WebhookStore } from "./webhook-store.ts";

/** The store over PostgreSQL or PGlite, in tables named `parley_webhook_*`. */
export function createWebhookStore(database: Database): WebhookStore {
  return {
    endpoints: createEndpointStore(database),
    deliveries: createDeliveryStore(database),
    log: createDeliveryLog(database),
    async prepare() {
      const { rows } = await database.query<{ found: boolean }>(
        "SELECT to_regclass('parley_webhook_deliveries') IS NOT NULL AS found",
      );
      if (rows[0]?.found) return;
      await database.transaction(async (tx) => {
        // IF NOT EXISTS alone fails for one of two who make the same table at once.
        await tx.query("SELECT pg_advisory_xact_lock(hashtext('parley_webhook_tables'))");
        for (const statement of WEBHOOK_TABLES) await tx.query(statement);
      });
    },
  };
}

import type { WebhookAttempt, WebhookDelivery, WebhookSecret } from "../endpoint.ts";
import type { StoredEndpoint } from "./webhook-store.ts";

export interface EndpointRow {
  readonly id: string;
  readonly url: string;
  readonly events: readonly string[];
  readonly tenant: string | null;
  readonly owner: string | null;
  readonly state: StoredEndpoint["state"];
  readonly reason: string | null;
  readonly secrets: readonly WebhookSecret[];
  readonly endpoint_created_ms: bigint;
}

/** Of a table or row named `e`. */
export const ENDPOINT_COLUMNS =
  "e.id, e.url, e.events, e.tenant, e.owner, e.state, e.reason, e.secrets, e.created_ms AS endpoint_created_ms";

export function toEndpoint(row: EndpointRow): StoredEndpoint {
  return {
    id: row.id,
    url: row.url,
    events: row.events,
    tenant: row.tenant ?? undefined,
    owner: row.owner ?? undefined,
    state: row.state,
    reason: row.reason ?? undefined,
    secrets: row.secrets,
    createdAtMs: Number(row.endpoint_created_ms),
  };
}

export interface DeliveryRow {
  readonly endpoint_id: string;
  readonly message_id: string;
  readonly event: string;
  readonly state: WebhookDelivery["state"];
  readonly created_ms: bigint;
  readonly next_ms: bigint | null;
  readonly log: readonly WebhookAttempt[];
}

export function toDelivery(row: DeliveryRow): WebhookDelivery {
  return {
    endpointId: row.endpoint_id,
    messageId: row.message_id,
    event: row.event,
    state: row.state,
    createdAtMs: Number(row.created_ms),
    nextAttemptAtMs: row.state === "pending" && row.next_ms !== null ? Number(row.next_ms) : undefined,
    attempts: row.log,
  };
}

/** Where an outside system wants to hear events. */
export interface WebhookEndpoint {
  /** `ep_…` */
  readonly id: string;
  readonly url: string;
  /** Names of events; empty for all. */
  readonly events: readonly string[];
  /** Events of a tenant go only to endpoints of that tenant; events of none go to all. */
  readonly tenant?: string | undefined;
  /** Who registered it, for lists. */
  readonly owner?: string | undefined;
  /** Nothing is sent to a disabled endpoint; what waits for it goes on waiting. */
  readonly state: "active" | "disabled";
  /** Why it is disabled. */
  readonly reason?: string | undefined;
  readonly createdAtMs: number;
}

/** A secret that messages are signed with. */
export interface WebhookSecret {
  /** `whsec_` and 24 to 64 bytes in base64. */
  readonly secret: string;
  /** An old one signs beside the new one until then (Unix epoch, milliseconds). Undefined for the present one. */
  readonly untilMs?: number | undefined;
}

/** One message for one endpoint. */
export interface WebhookDelivery {
  readonly endpointId: string;
  /** The same for every attempt and endpoint: receivers drop repeats by it (`webhook-id`). */
  readonly messageId: string;
  readonly event: string;
  /** `pending` waits for its next attempt, `failed` had its last. */
  readonly state: "pending" | "delivered" | "failed";
  readonly createdAtMs: number;
  /** Undefined once it is delivered or has failed. */
  readonly nextAttemptAtMs?: number | undefined;
  /** The latest last. */
  readonly attempts: readonly WebhookAttempt[];
}

export interface WebhookAttempt {
  readonly atMs: number;
  readonly durationMs: number;
  /** Undefined if there was no answer; then `error` says why. The body of an answer is not kept: it is not ours to show. */
  readonly status?: number | undefined;
  readonly error?: string | undefined;
}

import type { Executor } from "@parley/core";
import type { WebhookAttempt, WebhookDelivery, WebhookEndpoint, WebhookSecret } from "../endpoint.ts";

/** Endpoints and deliveries of one service, in its own database. */
export interface WebhookStore {
  /** Makes what is missing. Safe to call from several processes at a time. */
  prepare(): Promise<void>;
  readonly endpoints: EndpointStore;
  readonly deliveries: DeliveryStore;
  readonly log: DeliveryLog;
}

export interface StoredEndpoint extends WebhookEndpoint {
  readonly secrets: readonly WebhookSecret[];
}

export interface EndpointFilter {
  readonly owner?: string | undefined;
  readonly tenant?: string | undefined;
  /** By id, at most this many. Default 100. */
  readonly limit?: number | undefined;
  /** Those after this id. */
  readonly after?: string | undefined;
}

/** Each change is one statement that changes what it means and nothing else, so that none undoes a concurrent one. */
export interface EndpointStore {
  insert(endpoint: StoredEndpoint): Promise<void>;
  /**
   * Makes `secret` the present one; the others sign until `oldUntilMs` at most, and those that have expired are dropped.
   * Undefined, and nothing changed, if the present secret is not `presentSecret` (any more) or the endpoint is gone.
   */
  rotate(
    id: string,
    change: {
      readonly presentSecret: string | undefined;
      readonly secret: string;
      readonly nowMs: number;
      readonly oldUntilMs: number;
    },
  ): Promise<StoredEndpoint | undefined>;
  /** Undefined if it is gone. */
  setState(id: string, state: StoredEndpoint["state"]): Promise<StoredEndpoint | undefined>;
  /** Disables an endpoint that is still active and still has this URL; false, and nothing changed, if it is not so. */
  disable(endpoint: Pick<StoredEndpoint, "id" | "url">, reason: string): Promise<boolean>;
  get(id: string): Promise<StoredEndpoint | undefined>;
  list(filter: EndpointFilter): Promise<readonly StoredEndpoint[]>;
  /** With all its deliveries. False if there was none. */
  remove(id: string): Promise<boolean>;
}

/** What is to be told. */
export interface WebhookMessage {
  readonly id: string;
  readonly event: string;
  readonly tenant: string | undefined;
  readonly body: string;
}

/** A delivery that a worker holds. */
export interface LeasedDelivery {
  readonly endpoint: StoredEndpoint;
  readonly message: Omit<WebhookMessage, "tenant">;
  /** 1 at first; also fences the lease: only its holder can settle. */
  readonly attempt: number;
}

export interface LeaseOptions {
  readonly limit: number;
  /** At most so many for each endpoint. */
  readonly limitPerEndpoint: number;
  /** Endpoints that have enough for now. */
  readonly busy: readonly string[];
  readonly nowMs: number;
  readonly leaseMs: number;
}

/** What becomes of a delivery after an attempt. */
export type DeliveryOutcome = "delivered" | "failed" | { readonly retryAtMs: number };

export interface WebhookBacklog {
  /** May be sent now; the age is since then. */
  readonly due: { readonly count: number; readonly oldestMs: number };
  /** Under way, or waiting for their next attempt; the age is since they were stored. */
  readonly later: { readonly count: number; readonly oldestMs: number };
}

export interface DeliveryStore {
  /** Stores the message for every active or disabled endpoint that wants it, in the caller's transaction. Idempotent. */
  add(tx: Executor, message: WebhookMessage, nowMs: number): Promise<number>;
  /** Those due, the longest due first. A lease that ran out counts as an attempt. */
  lease(options: LeaseOptions): Promise<readonly LeasedDelivery[]>;
  /** How many wait at active endpoints, and how long the oldest of them has waited (milliseconds). A store without this method reports no count. */
  backlog?(nowMs: number): Promise<WebhookBacklog>;
  /** Logs the attempt and its outcome. False if the lease is no longer held. */
  settle(delivery: LeasedDelivery, attempt: WebhookAttempt, outcome: DeliveryOutcome): Promise<boolean>;
}

/** The latest first, beginning after the last one of the page before. */
export interface DeliveryPage {
  readonly limit?: number | undefined;
  /** Its `createdAtMs`. */
  readonly beforeMs?: number | undefined;
  /** Its `messageId`; without it, others that were created in the same millisecond are left out. */
  readonly beforeId?: string | undefined;
}

export interface DeliveryLog {
  list(endpointId: string, page: DeliveryPage & { readonly limit: number }): Promise<readonly WebhookDelivery[]>;
  /** Removes what is settled and was created before this; returns how many. */
  forget(beforeMs: number): Promise<number>;
}

import { createHash, randomUUID } from "node:crypto";
import { invalidArgument, notFound, ParleyError, type Transaction } from "@parley/core";
import type { Envelope } from "@parley/transport";
import { createDeliverer } from "./deliverer.ts";
import type { WebhookDelivery, WebhookEndpoint } from "./endpoint.ts";
import { renderBody } from "./message.ts";
import { resolveWebhooksOptions, type WebhooksOptions } from "./options.ts";
import { createWebhookSecret, webhookKey } from "./secret.ts";
import { parseTarget } from "./send/target.ts";
import type { DeliveryPage, EndpointFilter, StoredEndpoint } from "./store/webhook-store.ts";

/** Tells outside systems what happened: at least once, in no particular order, signed as Standard Webhooks has it. */
export interface Webhooks {
  readonly endpoints: WebhookEndpoints;
  /**
   * Stores an event for every endpoint that wants it, in the transaction of the handler that heard it: the inbox drops
   * repeats, and what is stored is sent until it arrives or has had its last attempt.
   * @throws ParleyError INVALID_ARGUMENT for data that is not JSON.
   */
  accept(tx: Transaction, envelope: Envelope): Promise<void>;
  /** Makes the tables if they are missing, and begins to send. */
  start(): Promise<void>;
  /** Stops sending, and lets running attempts finish until `signal` aborts. Idempotent. */
  drain(options?: { readonly signal?: AbortSignal | undefined }): Promise<void>;
}

export interface NewEndpoint {
  readonly url: string;
  /** Names of events; default all. */
  readonly events?: readonly string[];
  readonly tenant?: string | undefined;
  readonly owner?: string | undefined;
  /** Default a fresh one. */
  readonly secret?: string | undefined;
}

/** The secret is shown when it is made, and never again. */
export type WithSecret<T> = T & { readonly secret: string };

export interface WebhookEndpoints {
  /** @throws ParleyError INVALID_ARGUMENT for a URL that may not be called, or a secret that is none. */
  register(endpoint: NewEndpoint): Promise<WithSecret<WebhookEndpoint>>;
  list(filter?: EndpointFilter): Promise<readonly WebhookEndpoint[]>;
  /** @throws ParleyError NOT_FOUND. */
  get(id: string): Promise<WebhookEndpoint>;
  /**
   * Changes the secret: both sign for `overlapMs` (default 24 h), so that the receiver can change at its own time. With 0 the
   * old ones sign no attempt any more that begins after this.
   * @throws ParleyError NOT_FOUND; ABORTED if another rotation came between: of two at once one succeeds, so each secret that is
   *   returned signs; INVALID_ARGUMENT for an overlap that is no time from 0 to 366 days.
   */
  rotate(id: string, options?: { readonly overlapMs?: number }): Promise<WithSecret<WebhookEndpoint>>;
  /** Switches an endpoint off or, after it was, on again. @throws ParleyError NOT_FOUND. */
  setState(id: string, state: WebhookEndpoint["state"]): Promise<WebhookEndpoint>;
  /** With its log. @throws ParleyError NOT_FOUND. */
  remove(id: string): Promise<void>;
  /** Messages and every attempt to deliver them, the latest first; 50 unless `limit` says otherwise. @throws ParleyError NOT_FOUND. */
  deliveries(id: string, page?: DeliveryPage): Promise<readonly WebhookDelivery[]>;
}

const OVERLAP_MS = 86_400_000;
const MAX_OVERLAP_MS = 366 * 86_400_000;
const MAX_EVENTS = 100;
/** In base64: 162 bits. */
const MESSAGE_ID_LENGTH = 27;
const PAGE = 50;

/** @throws TypeError that lists everything wrong with the options. */
export function createWebhooks(webhooksOptions: WebhooksOptions): Webhooks {
  const options = resolveWebhooksOptions(webhooksOptions);
  const { store, clock, targets } = options;
  const deliverer = createDeliverer(options);

  /** Ids of endpoints. Of calls at once in this process the later would else see the new secret, and revoke it at once. */
  const rotating = new Set<string>();

  async function find(id: string): Promise<StoredEndpoint> {
    const endpoint = await store.endpoints.get(id);
    if (!endpoint) throw notFound("webhook");
    return endpoint;
  }

  return {
    endpoints: {
      async register({ url, events = [], tenant, owner, secret = createWebhookSecret() }) {
        parseTarget(url, targets);
        webhookKey(secret);
        if (events.length > MAX_EVENTS) {
          throw invalidArgument({ field: "events", description: `must not have more than ${MAX_EVENTS} members` });
        }
        const id = `ep_${randomUUID()}`;
        const createdAtMs = clock.now();
        const secrets = [{ secret }];
        const endpoint: StoredEndpoint = { id, url, events, tenant, owner, state: "active", secrets, createdAtMs };
        await store.endpoints.insert(endpoint);
        return { ...withoutSecrets(endpoint), secret };
      },
      async list(filter = {}) {
        return (await store.endpoints.list(filter)).map(withoutSecrets);
      },
      async get(id) {
        return withoutSecrets(await find(id));
      },
      async rotate(id, { overlapMs = OVERLAP_MS } = {}) {
        assertOverlap(overlapMs);
        if (rotating.has(id)) throw rotatedMeanwhile(id);
        rotating.add(id);
        try {
          const { secrets } = await find(id);
          const nowMs = clock.now();
          const secret = createWebhookSecret();
          const change = { presentSecret: secrets[0]?.secret, secret, nowMs, oldUntilMs: nowMs + overlapMs };
          const rotated = await store.endpoints.rotate(id, change);
          if (rotated) return { ...withoutSecrets(rotated), secret };
          await find(id);
          throw rotatedMeanwhile(id);
        } finally {
          rotating.delete(id);
        }
      },
      async setState(id, state) {
        const endpoint = await store.endpoints.setState(id, state);
        if (!endpoint) throw notFound("webhook");
        deliverer.wake();
        return withoutSecrets(endpoint);
      },
      async remove(id) {
        if (!(await store.endpoints.remove(id))) throw notFound("webhook");
      },
      async deliveries(id, { limit = PAGE, ...before } = {}) {
        await find(id);
        return store.log.list(id, { limit, ...before });
      },
    },
    async accept(tx, envelope) {
      const { type: event, extensions } = envelope;
      const message = { id: messageIdOf(envelope), event, tenant: extensions.tenant, body: renderBody(envelope) };
      if ((await store.deliveries.add(tx, message, clock.now())) > 0) tx.afterCommit(deliverer.wake);
    },
    async start() {
      await store.prepare();
      deliverer.start();
    },
    drain: ({ signal } = {}) => deliverer.drain(signal),
  };
}

/**
 * Unique over sources, the same at each repeat, free of dots, which would make the signed content ambiguous, and silent
 * about how services are called inside.
 */
function messageIdOf({ source, id }: Envelope): string {
  return `msg_${createHash("sha256").update(`${source}\n${id}`).digest("base64url").slice(0, MESSAGE_ID_LENGTH)}`;
}

function rotatedMeanwhile(id: string): ParleyError {
  return new ParleyError(
    "ABORTED",
    `the secret of webhook ${id} is being changed by another call: nothing was changed here`,
  );
}

function assertOverlap(overlapMs: number): void {
  if (overlapMs >= 0 && overlapMs <= MAX_OVERLAP_MS) return;
  const description = `must be milliseconds from 0 to ${MAX_OVERLAP_MS}, got ${overlapMs}`;
  throw invalidArgument({ field: "overlapMs", description });
}

function withoutSecrets({ secrets: _, ...endpoint }: StoredEndpoint): WebhookEndpoint {
  return endpoint;
}

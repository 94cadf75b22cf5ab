/** Webhooks: events for outside systems, signed, retried, with a log. */
export {
  createWebhooks,
  type NewEndpoint,
  type WebhookEndpoints,
  type Webhooks,
  type WithSecret,
} from "./create-webhooks.ts";
export type * from "./endpoint.ts";
export { DEFAULT_RETRY_AFTER_MS, type WebhooksOptions } from "./options.ts";
export { createWebhookSecret } from "./secret.ts";
export type { WebhookTargets } from "./send/target.ts";
export { type SignedContent, signWebhook, type VerifyOptions, verifyWebhook } from "./sign.ts";
export { createWebhookStore } from "./store/create-webhook-store.ts";
export { WEBHOOK_TABLES } from "./store/tables.ts";
export type * from "./store/webhook-store.ts";

import type { WebhookAttempt } from "./endpoint.ts";
import type { ResolvedWebhooksOptions } from "./options.ts";
import { type SendAnswer, send } from "./send/send.ts";
import { signWebhook } from "./sign.ts";
import type { DeliveryOutcome, LeasedDelivery } from "./store/webhook-store.ts";

export interface AttemptResult {
  readonly attempt: WebhookAttempt;
  readonly outcome: DeliveryOutcome;
  /** The receiver says that it is gone for good. */
  readonly isGone: boolean;
}

const GONE = 410;
/** `Retry-After` is followed up to here. */
const MAX_RETRY_AFTER_MS = 86_400_000;
/** Each wait is longer by up to this share, so that what failed together does not come back together. */
const JITTER = 0.1;

/** Sends one delivery once, and decides what becomes of it. Never rejects. */
export async function makeAttempt(
  delivery: LeasedDelivery,
  options: ResolvedWebhooksOptions,
  signal: AbortSignal,
): Promise<AttemptResult> {
  const { clock, targets, timeoutMs } = options;
  const { endpoint, message } = delivery;
  const atMs = clock.now();
  const began = performance.now();
  const timestamp = Math.floor(atMs / 1_000);
  const secrets = endpoint.secrets.filter(({ untilMs }) => untilMs === undefined || untilMs > atMs);
  const headers = {
    "content-type": "application/json",
    "user-agent": "parley-webhooks",
    "webhook-id": message.id,
    "webhook-timestamp": String(timestamp),
    "webhook-signature": signWebhook(
      { id: message.id, timestamp, body: message.body },
      secrets.map(({ secret }) => secret),
    ),
  };
  const answer = await send({ url: endpoint.url, headers, body: message.body, targets, timeoutMs, clock, signal }).then(
    (it) => it,
    (error: unknown) => (error instanceof Error ? error : new Error(String(error))),
  );
  const durationMs = Math.round(performance.now() - began);
  if (answer instanceof Error) {
    const attempt = { atMs, durationMs, error: answer.message };
    return { attempt, outcome: afterFailure(delivery, options, undefined), isGone: false };
  }
  return {
    attempt: { atMs, durationMs, status: answer.status, ...whyNot(answer) },
    outcome: isSuccess(answer) ? "delivered" : afterFailure(delivery, options, answer),
    isGone: answer.status === GONE,
  };
}

function isSuccess({ status }: SendAnswer): boolean {
  return status >= 200 && status < 300;
}

function whyNot(answer: SendAnswer): { readonly error?: string } {
  if (isSuccess(answer)) return {};
  const isRedirect = answer.status >= 300 && answer.status < 400;
  return { error: isRedirect ? "redirects are not followed: register the final URL" : `answered ${answer.status}` };
}

function afterFailure(
  { attempt }: LeasedDelivery,
  { retryAfterMs, clock, random }: ResolvedWebhooksOptions,
  answer: SendAnswer | undefined,
): DeliveryOutcome {
  const waitMs = retryAfterMs[attempt - 1];
  if (waitMs === undefined || answer?.status === GONE) return "failed";
  const askedMs = Math.min(answer?.retryAfterMs ?? 0, MAX_RETRY_AFTER_MS);
  return { retryAtMs: Math.ceil(clock.now() + Math.max(waitMs * (1 + random.next() * JITTER), askedMs)) };
}

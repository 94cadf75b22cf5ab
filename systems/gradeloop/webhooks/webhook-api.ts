import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { WebhookDelivery, WebhookEndpoint, WebhookEndpoints } from "@parley/webhooks";
import { invalidArgument, type ServiceImplementation } from "parleyjs";
import { readPage } from "../shared/paging.ts";
import {
  DeliveryState,
  type WebhookDeliverySchema,
  type WebhookSchema,
  type WebhookService,
} from "../shared/protos/gen/ts/webhooks/v1/webhooks_pb.ts";

/** The methods of the contract over the endpoints of an engine. `events` are those that can be asked for. */
export function webhookApi(
  endpoints: WebhookEndpoints,
  events: readonly string[],
): ServiceImplementation<typeof WebhookService> {
  return {
    async createWebhook({ url, events: wanted }) {
      const unknown = wanted.filter((name) => !events.includes(name));
      if (unknown.length > 0) {
        throw invalidArgument({
          field: "events",
          description: `must be among ${events.join(", ")}; unknown: ${unknown.join(", ")}`,
        });
      }
      const { secret, ...endpoint } = await endpoints.register({ url, events: wanted });
      return { webhook: { ...toWebhook(endpoint), secret } };
    },

    async listWebhooks(request) {
      const page = readPage(request, { list: ["webhooks"], key: "text" });
      const found = await endpoints.list({ after: page.after, limit: page.readLimit });
      const { items, pagination } = page.of(found, ({ id }) => id, toWebhook);
      return { webhooks: items, pagination };
    },

    async deleteWebhook({ id }) {
      await endpoints.remove(id);
      return {};
    },

    async rotateWebhookSecret({ id }) {
      const { secret, ...endpoint } = await endpoints.rotate(id);
      return { webhook: { ...toWebhook(endpoint), secret } };
    },

    async listWebhookDeliveries({ webhookId, ...request }) {
      const page = readPage(request, { list: ["deliveries", webhookId], key: "text" });
      const [beforeMs, beforeId] = page.after?.split(" ") ?? [];
      const before = beforeMs === undefined ? {} : { beforeMs: Number(beforeMs), beforeId };
      const deliveries = await endpoints.deliveries(webhookId, { limit: page.readLimit, ...before });
      const keyOf = ({ createdAtMs, messageId }: WebhookDelivery): string => `${createdAtMs} ${messageId}`;
      const { items, pagination } = page.of(deliveries, keyOf, toDelivery);
      return { deliveries: items, pagination };
    },
  };
}

function toWebhook({ id, url, events, state, createdAtMs }: WebhookEndpoint): MessageInitShape<typeof WebhookSchema> {
  return { id, url, events: [...events], active: state === "active", createdAt: timestampFromMs(createdAtMs) };
}

const STATES = {
  pending: DeliveryState.PENDING,
  delivered: DeliveryState.DELIVERED,
  failed: DeliveryState.FAILED,
} as const;

function toDelivery(delivery: WebhookDelivery): MessageInitShape<typeof WebhookDeliverySchema> {
  const { messageId, event, state, createdAtMs, nextAttemptAtMs, attempts } = delivery;
  return {
    messageId,
    event,
    state: STATES[state],
    createdAt: timestampFromMs(createdAtMs),
    ...(nextAttemptAtMs !== undefined && { nextAttemptAt: timestampFromMs(nextAttemptAtMs) }),
    attempts: attempts.map(({ atMs, durationMs, status = 0, error = "" }) => ({
      attemptedAt: timestampFromMs(atMs),
      durationMs,
      status,
      error,
    })),
  };
}

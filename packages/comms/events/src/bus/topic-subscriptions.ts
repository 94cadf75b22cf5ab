import { failedPrecondition } from "@parley/core";
import { type DeliveryHandler, keepsOrder, type Subscription } from "@parley/transport";
import type { ResolvedSubscription } from "../consume/subscription.ts";
import type { RegisteredSubscription } from "./registrations.ts";

/** What one group asks of the transport for one topic. */
export interface TopicSubscription {
  readonly topic: string;
  readonly group: string;
  readonly asked: Subscription;
  readonly handler: DeliveryHandler;
}

/**
 * One subscription per topic and group. Where events share a topic, its deliveries go to the handlers by their type, so that the
 * transport keeps the order of a key over all of them; a type that the group does not handle is acknowledged at once.
 *
 * @throws ParleyError FAILED_PRECONDITION where the events of one topic begin at different places.
 */
export function topicSubscriptions(
  registered: readonly RegisteredSubscription[],
  defaultStart: "earliest" | "latest",
): readonly TopicSubscription[] {
  const lines = new Map<string, [RegisteredSubscription, ...RegisteredSubscription[]]>();
  for (const one of registered) {
    const line = JSON.stringify([one.subscription.event.topic, one.subscription.group]);
    const sharers = lines.get(line);
    if (sharers) sharers.push(one);
    else lines.set(line, [one]);
  }
  return [...lines.values()].map((sharers) => {
    const [{ subscription, handler }] = sharers;
    const { event, group } = subscription;
    const asked = sharers.map((sharer) => sharer.subscription);
    return {
      topic: event.topic,
      group,
      handler: event.topic === event.name ? handler : byType(sharers),
      asked: {
        topics: [event.topic],
        group,
        from: startOf(asked) ?? defaultStart,
        concurrency: Math.max(...sharers.map(({ concurrency }) => concurrency)),
        ordering: asked.map(({ ordering }) => ordering).reduce((a, b) => (keepsOrder(a, b) ? a : b)),
        acknowledgeWithinMs: Math.max(...asked.map(({ acknowledgeWithinMs }) => acknowledgeWithinMs)),
      },
    };
  });
}

function byType(sharers: readonly RegisteredSubscription[]): DeliveryHandler {
  const handlers = new Map(sharers.map(({ subscription, handler }) => [subscription.event.name, handler]));
  return async (delivery) => (await handlers.get(delivery.envelope.type)?.(delivery)) ?? "done";
}

/** A group has one place in a topic. */
function startOf(subscriptions: readonly ResolvedSubscription[]): Subscription["from"] | undefined {
  const starts = new Map<string, Subscription["from"]>();
  for (const { from } of subscriptions) if (from !== undefined) starts.set(JSON.stringify(from), from);
  const [subscription] = subscriptions;
  if (starts.size > 1) {
    throw failedPrecondition(
      `the group ${subscription?.group} begins the topic ${subscription?.event.topic} at ${[...starts.keys()].join(" and ")}: give its subscriptions one "from"`,
    );
  }
  return [...starts.values()][0];
}

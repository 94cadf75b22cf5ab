import type { EventDefinition } from "@parley/events";
import type { Delivery } from "@parley/transport";

/** Names the event of a delivery: by its topic, unless that is shared; then by its type. */
export function createEventNames(
  events: readonly Pick<EventDefinition, "name" | "topic">[],
): (delivery: Pick<Delivery, "topic" | "envelope">) => string {
  const own = new Set(events.filter(({ name, topic }) => name === topic).map(({ topic }) => topic));
  return ({ topic, envelope }) => (own.has(topic) ? topic : envelope.type);
}

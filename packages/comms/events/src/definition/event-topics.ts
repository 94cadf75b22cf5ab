import { keepsOrder, type TopicSpec } from "@parley/transport";
import type { EventDefinition } from "./define-event.ts";

/** The topics of events. One that several share keeps what the most demanding of them asks for. */
export function eventTopics(events: Iterable<EventDefinition>): readonly TopicSpec[] {
  const specs = new Map<string, TopicSpec>();
  for (const { topic: name, ordering, retentionMs, maxDataBytes } of events) {
    const other = specs.get(name);
    specs.set(name, {
      name,
      ordering: other && keepsOrder(other.ordering, ordering) ? other.ordering : ordering,
      retentionMs: Math.max(retentionMs, other?.retentionMs ?? 0),
      maxDataBytes: Math.max(maxDataBytes, other?.maxDataBytes ?? 0),
    });
  }
  return [...specs.values()];
}

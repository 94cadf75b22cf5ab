import { type EventDefinition, eventTopics } from "@parley/events";
import type { TopicSpec } from "@parley/transport";
import type { BuiltHandlers, ServiceDefinition, SystemDefinition } from "parleyjs";
import { gatewaysOf } from "parleyjs/internal";

/** What a service adds to the topics of its system. */
export interface ServiceTopics {
  readonly service: ServiceDefinition;
  /** Once `setup` has returned them. */
  readonly handlers: BuiltHandlers | undefined;
  readonly deadTopicOf: (event: EventDefinition, group: string) => string;
}

/**
 * The topics that a part asks its transport for: the events that the system publishes or shows, those of other systems that the
 * part handles, and where a service without a database puts what it cannot handle of an event.
 */
export function topicsOf(system: SystemDefinition, part?: ServiceTopics): readonly TopicSpec[] {
  const shown = gatewaysOf(system).flatMap(({ realtime }) =>
    [...(realtime?.events ?? []), ...(realtime?.listeners ?? [])].map(({ event }) => event),
  );
  const published = system.services.flatMap(({ publishes }) => publishes);
  const known = new Map<string, EventDefinition>();
  for (const event of [...(part?.service.subscribes ?? []), ...shown, ...published]) {
    // While an event moves to another topic it is known on both.
    known.set(`${event.topic} ${event.name}`, event);
  }
  return [...eventTopics(known.values()), ...(part ? deadTopics(part) : [])];
}

function deadTopics({ service, handlers, deadTopicOf }: ServiceTopics): readonly TopicSpec[] {
  if (service.database) return [];
  return (handlers?.events ?? []).map(({ event, options }) => {
    const { retentionMs, maxBytes } = event;
    return {
      name: deadTopicOf(event, options.group ?? service.name),
      ordering: "none",
      retentionMs,
      maxDataBytes: maxBytes,
    };
  });
}

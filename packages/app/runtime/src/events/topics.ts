import { failedPrecondition } from "@parley/core";
import type { EventDefinition } from "@parley/events";
import type { TopicSpec } from "@parley/transport";
import type { SystemDefinition } from "parleyjs";

/** The events that one part has to do with, by name: those of the whole system, and those of others that it hears. */
export interface KnownEvents {
  /**
   * Takes in an event that the part hears.
   * @throws ParleyError FAILED_PRECONDITION for one whose name belongs to an event with another schema.
   */
  add(event: EventDefinition): void;
  /** Takes in where a group without a database puts what it cannot handle of an event. */
  addDeadTopic(name: string, event: EventDefinition): void;
  topics(): readonly TopicSpec[];
}

export function createKnownEvents({ services, gateway }: SystemDefinition): KnownEvents {
  const published = services.flatMap(({ publishes }) => publishes);
  const { events = [], listeners = [] } = gateway?.realtime ?? {};
  const shown = [...events, ...listeners].map(({ event }) => event);
  const known = new Map([...shown, ...published].map((event) => [event.name, event]));
  const deadTopics = new Map<string, TopicSpec>();
  return {
    addDeadTopic(name, { retentionMs, maxBytes }) {
      deadTopics.set(name, { name, ordering: "none", retentionMs, maxDataBytes: maxBytes });
    },
    add(event) {
      const before = known.get(event.name);
      if (before && before.schema.typeName !== event.schema.typeName) {
        const { typeName } = before.schema;
        throw failedPrecondition(
          `the event "${event.name}" is heard as ${event.schema.typeName}, but holds ${typeName} elsewhere in the system; an event has one schema`,
        );
      }
      if (!before) known.set(event.name, event);
    },
    topics: () => [...known.values(), ...deadTopics.values()],
  };
}

import type { Logger } from "@parley/core";
import { contractRegistry } from "@parley/protobuf/internal";
import type { Delivery } from "@parley/transport";
import { createEventNames } from "./event-name.ts";
import type { RealtimeListener } from "./options.ts";
import { createPublishedReader } from "./payloads.ts";

/** Those who hear events for the gateway's own sake. */
export interface Listeners {
  /** Topics of their events. */
  readonly topics: readonly string[];
  /** One that fails is logged: it must not keep an event from clients. */
  hear(delivery: Delivery): void;
  /** Some may have been missed. */
  missed(): void;
}

export function createListeners(listeners: readonly RealtimeListener[], logger: Logger): Listeners {
  const byName = Map.groupBy(listeners, ({ event }) => event.name);
  const nameOf = createEventNames(listeners.map(({ event }) => event));
  const read = createPublishedReader(contractRegistry(listeners.map(({ event }) => event.schema.file)));

  function tell({ event, hear }: RealtimeListener, payloadOf: () => Parameters<typeof hear>[0]): void {
    try {
      hear(payloadOf());
    } catch (error) {
      logger.error({ err: error, event: event.name }, "a listener of live events failed");
    }
  }

  return {
    topics: [...new Set(listeners.map(({ event }) => event.topic))],
    hear(delivery) {
      for (const listener of byName.get(nameOf(delivery)) ?? []) {
        tell(listener, () => read(listener.event.schema, delivery.envelope.data));
      }
    },
    missed() {
      for (const listener of listeners) tell(listener, () => undefined);
    },
  };
}

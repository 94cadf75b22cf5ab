import type { DeliveryPlace } from "./ack-subject.ts";

/** The latest deliveries that were settled as done: when an acknowledgement is lost, the broker sends them again. */
export interface SettledMemory {
  has(place: DeliveryPlace): boolean;
  add(place: DeliveryPlace): void;
}

const REMEMBERED = 4_096;

export function createSettledMemory(): SettledMemory {
  const names = new Set<string>();
  // The time tells it from an event of a stream that was made anew, whose numbers begin again.
  const nameOf = ({ streamSequence, storedAtNanos }: DeliveryPlace): string => `${streamSequence}/${storedAtNanos}`;
  return {
    has: (place) => place.deliveryCount > 1 && names.has(nameOf(place)),
    add(place) {
      names.add(nameOf(place));
      if (names.size <= REMEMBERED) return;
      const [oldest] = names;
      if (oldest !== undefined) names.delete(oldest);
    },
  };
}

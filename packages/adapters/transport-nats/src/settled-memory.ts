import type { DeliveryPlace } from "./ack-subject.ts";

/**
 * The latest deliveries that were settled as done. An acknowledgement that is lost with the connection or the broker
 * leaves its event unsettled there until AckWait, and with order all that come after it.
 */
export interface SettledMemory {
  /** Whether this is one of them, sent again. */
  has(place: DeliveryPlace): boolean;
  add(place: DeliveryPlace, reply: string): void;
  /** Where they were acknowledged: to say it again. */
  replies(): readonly string[];
  clear(): void;
}

const REMEMBERED = 2_048;

export function createSettledMemory(): SettledMemory {
  const replyByName = new Map<string, string>();
  // The time tells it from an event of a stream that was made anew, whose numbers begin again.
  const nameOf = ({ streamSequence, storedAtNanos }: DeliveryPlace): string => `${streamSequence}/${storedAtNanos}`;
  return {
    has: (place) => place.deliveryCount > 1 && replyByName.has(nameOf(place)),
    add(place, reply) {
      replyByName.set(nameOf(place), reply);
      if (replyByName.size <= REMEMBERED) return;
      const [oldest] = replyByName.keys();
      if (oldest !== undefined) replyByName.delete(oldest);
    },
    replies: () => [...replyByName.values()],
    clear: () => replyByName.clear(),
  };
}

import { failedPrecondition, invalidArgument } from "@parley/core";
import type { Ordering, TransportCapabilities } from "./capabilities.ts";
import type { Envelope } from "./envelope/envelope.ts";
import type { Subscription } from "./event-transport.ts";

const STRENGTH: Readonly<Record<Ordering, number>> = { none: 0, key: 1, topic: 2 };

/** Whether who keeps the order `given` also keeps the order `asked`. */
export function keepsOrder(given: Ordering, asked: Ordering): boolean {
  return STRENGTH[given] >= STRENGTH[asked];
}

/**
 * For adapters: refuses a subscription that asks for more than the transport declares.
 * @throws ParleyError FAILED_PRECONDITION that names what it cannot give.
 */
export function assertSubscription(
  { name, capabilities }: { readonly name: string; readonly capabilities: TransportCapabilities },
  { ordering, from, topics }: Subscription,
): void {
  const of = `for ${topics.join(", ")}`;
  if (!keepsOrder(capabilities.ordering, ordering)) {
    throw failedPrecondition(
      `the transport ${name} cannot keep ordering "${ordering}" ${of}: its strongest is "${capabilities.ordering}"`,
    );
  }
  if (typeof from === "object" && !capabilities.replay) {
    throw failedPrecondition(
      `the transport ${name} cannot replay, so sinceMs is refused ${of}: use earliest or latest`,
    );
  }
}

/**
 * For adapters: refuses data that the transport does not take.
 * @throws ParleyError INVALID_ARGUMENT that names the event, its size and the limit.
 */
export function assertDataSize(
  { name, capabilities }: { readonly name: string; readonly capabilities: TransportCapabilities },
  topic: string,
  envelopes: readonly Envelope[],
): void {
  for (const { id, data } of envelopes) {
    if (data.byteLength <= capabilities.maxDataBytes) continue;
    throw invalidArgument({
      field: "data",
      description: `of the event ${id} on ${topic} has ${data.byteLength} bytes; the transport ${name} takes ${capabilities.maxDataBytes}: keep it in a store and send its name`,
    });
  }
}

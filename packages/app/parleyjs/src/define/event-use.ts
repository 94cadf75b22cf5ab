import type { ServiceDefinition } from "./service.ts";
import type { PartDefinition } from "./system-definition.ts";

/** Whether a part sends or receives over the transport of events. Queues need none: their jobs live in the service's database. */
export function usesTransport(part: PartDefinition): boolean {
  if (part.kind === "gateway") return part.realtime !== undefined;
  const { publishes, subscribes, requests, responds } = part;
  return [publishes, subscribes, requests, responds].some((list) => list.length > 0);
}

/** Whether the database of a service holds the tables of outbox, inbox, dead letters and jobs. */
export function storesEvents({ database, publishes, subscribes, queues }: ServiceDefinition): boolean {
  return database !== undefined && [publishes, subscribes, queues].some((list) => list.length > 0);
}

import type { Envelope } from "@parley/transport";

/** Everything of an envelope but its data, as one JSON column holds it. Absent members are left out. */
export type StoredAttributes = Omit<Envelope, "data">;

export function toAttributes({ data: _, ...attributes }: Envelope): string {
  return JSON.stringify(attributes);
}

import { type Envelope, fromHeaders, type Position, toHeaders } from "@parley/events";
import type { Argument, Reply } from "./link.ts";

/** The field with the bytes of the data; what a plain client writes alone. */
const DATA_FIELD = "data";
/** Room for the sequence of an id beside its milliseconds, so that a position fits 63 bits until the year 2248. */
const SEQUENCE_BITS = 20n;

/** Fields and values of an entry: the attributes as HTTP's binding writes them, since there is none for Redis. */
export function toFields(envelope: Envelope): Argument[] {
  return [...Object.entries(toHeaders(envelope)).flat(), DATA_FIELD, envelope.data];
}

/** One entry of a stream as it was read. */
export interface Entry {
  readonly id: string;
  readonly fields: readonly Reply[];
  /** Deliveries before this one. */
  readonly earlier: number;
}

/** Entries as `[id, fields]`, or `[id, fields, earlier]` from our scripts. An entry deleted meanwhile has no fields. */
export function parseEntries(reply: Reply | undefined): Entry[] {
  if (!Array.isArray(reply)) return [];
  return reply.flatMap((each): Entry[] => {
    if (!Array.isArray(each) || !Array.isArray(each[1])) return [];
    return [{ id: String(each[0]), fields: each[1], earlier: Number(each[2] ?? 0) }];
  });
}

/** An entry as an envelope, whoever wrote it. Without a field `data`, the fields themselves are the data, as JSON. */
export function toEnvelope(topic: string, { id, fields }: Entry): Envelope {
  const headers: Record<string, string> = {};
  let data: Uint8Array | undefined;
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const [name, value] = [String(fields[at]), fields[at + 1]];
    if (name === DATA_FIELD) data = Buffer.isBuffer(value) ? value : Buffer.from(String(value));
    else headers[name] = String(value);
  }
  data ??= Buffer.from(JSON.stringify(headers));
  return fromHeaders(topic, headers, data, {
    transport: "redis",
    id: `${topic}/${id}`,
    receivedAtMs: Number(id.split("-")[0]),
  });
}

export function positionOf(topic: string, id: string): Position {
  const [milliseconds = "0", sequence = "0"] = id.split("-");
  return { log: topic, offset: (BigInt(milliseconds) << SEQUENCE_BITS) + BigInt(sequence) };
}

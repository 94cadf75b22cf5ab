import { isUtf8 } from "node:buffer";
import { type Envelope, fromHeaderList, HeaderTexts, type Position, toHeaderList } from "@parley/transport";
import type { Argument, Reply } from "./link.ts";

/** The field with the bytes of the data; what a plain client writes alone. */
const DATA_FIELD = "data";
/** Room for the sequence of an id beside its milliseconds, so that a position fits 63 bits until the year 2248. */
const SEQUENCE_BITS = 20n;
/** Of bytes. Longer data is not worth reading twice. */
const LONGEST_TEXT = 4_096;

/** Fields and values of an entry: the attributes as HTTP's binding writes them, since there is none for Redis. */
export function toFields(envelope: Envelope): Argument[] {
  const fields: Argument[] = toHeaderList(envelope);
  fields.push(DATA_FIELD, dataArgument(envelope.data));
  return fields;
}

/** The client writes a command of strings alone in one piece, and three pieces where one argument is bytes. */
function dataArgument(data: Uint8Array): Argument {
  if (data.length > LONGEST_TEXT || !isUtf8(data)) return data;
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString();
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

const texts = new HeaderTexts();

/** An entry as an envelope, whoever wrote it. Without a field `data`, the fields themselves are the data, as JSON. */
export function toEnvelope(topic: string, { id, fields }: Entry): Envelope {
  const headers: string[] = [];
  let data: Uint8Array | undefined;
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const header = texts.header(toBytes(fields[at]));
    const value = toBytes(fields[at + 1]);
    if (header.name === DATA_FIELD) data = value;
    else headers.push(header.name, header.value(value));
  }
  data ??= Buffer.from(JSON.stringify(Object.fromEntries(pairs(headers))));
  return fromHeaderList(topic, headers, data, {
    transport: "redis",
    id: `${topic}/${id}`,
    receivedAtMs: Number(id.slice(0, id.indexOf("-"))),
  });
}

function toBytes(reply: Reply | undefined): Buffer {
  return Buffer.isBuffer(reply) ? reply : Buffer.from(String(reply));
}

function* pairs(list: readonly string[]): Generator<[name: string, value: string]> {
  for (let at = 0; at + 1 < list.length; at += 2) yield [list[at] as string, list[at + 1] as string];
}

/** Worked out when it is asked for: few ask where an event stands. */
export class EntryPosition implements Position {
  readonly log: string;
  readonly #id: string;

  constructor(topic: string, id: string) {
    this.log = topic;
    this.#id = id;
  }

  get offset(): bigint {
    const [milliseconds = "0", sequence = "0"] = this.#id.split("-");
    return (BigInt(milliseconds) << SEQUENCE_BITS) + BigInt(sequence);
  }
}

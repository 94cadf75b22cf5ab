import type { DescMessage, Message, Registry } from "@bufbuild/protobuf";
import {
  contractRegistry,
  createMessageReaders,
  createMessageWriters,
  JsonReader,
  resolveJsonStyle,
} from "@parley/protobuf/internal";
import type { Delivery } from "@parley/transport";
import type { EdgeJsonStyle } from "../rest/json-style.ts";
import { createEventNames } from "./event-name.ts";
import { renderMembers } from "./live-entry.ts";
import type { ArrivedEntry } from "./live-log.ts";
import type { RealtimeEvent } from "./options.ts";

/**
 * Reads an event as it was published, and writes it as this edge writes JSON; undefined for one that is not for clients.
 * @throws if the data is not of the event's schema.
 */
export type PayloadReader = (delivery: Delivery) => ArrivedEntry | undefined;

/** What an entry costs beside its texts, roughly. */
const ENTRY_BYTES = 512;

/** As events are published: the contract's names, and fields that a newer publisher has added are no failure. */
const PUBLISHED = resolveJsonStyle({ fieldNames: "proto", int64: "number", unknownFields: "ignore" });

/** Reads the data of an event as it was published. @throws if it is not of the schema. */
export function createPublishedReader(registry: Registry): (schema: DescMessage, data: Uint8Array) => Message {
  const readers = createMessageReaders(PUBLISHED, registry);
  const text = new TextDecoder("utf-8", { fatal: true });
  return (schema, data) => {
    const json = new JsonReader(text.decode(data));
    const payload = readers.message(schema)(json);
    json.readEnd();
    return payload;
  };
}

export function createPayloadReader(events: readonly RealtimeEvent[], style: EdgeJsonStyle): PayloadReader {
  const schemas = new Map(events.map(({ event }) => [event.name, event.schema]));
  const registry = contractRegistry([...schemas.values()].map((schema) => schema.file));
  const read = createPublishedReader(registry);
  const writers = createMessageWriters(style, registry);

  const nameOf = createEventNames(events.map(({ event }) => event));

  return (delivery) => {
    const { envelope } = delivery;
    const name = nameOf(delivery);
    const schema = schemas.get(name);
    if (!schema) return undefined;
    const payload = read(schema, envelope.data);
    const members = renderMembers(name, envelope, writers.message(schema)(payload));
    return { name, envelope, payload, members, bytes: ENTRY_BYTES + members.length * 2 + envelope.data.length };
  };
}

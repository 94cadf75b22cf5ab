import {
  create,
  createRegistry,
  type DescMessage,
  type Message,
  type MessageInitShape,
  type MessageShape,
} from "@bufbuild/protobuf";
import { invalidArgument, toParleyError } from "@parley/core";
import { createMessageReaders, createMessageWriters, JsonReader, resolveJsonStyle } from "@parley/core/json";
import { createMessageValidator } from "@parley/core/validation";
import type { Envelope } from "../envelope/envelope.ts";

export const JSON_CONTENT_TYPE = "application/json";
/** Before the full name of a message in `dataschema`. */
const SCHEMA_PREFIX = "proto:";
const utf8 = new TextDecoder("utf-8", { fatal: true });

/** Messages of contracts as the data of events, and back; checked against the rules of the contract both ways. */
export interface PayloadCodec {
  /** @throws ParleyError INVALID_ARGUMENT for a payload that breaks its contract. */
  create<Desc extends DescMessage>(schema: Desc, init: MessageInitShape<Desc>): MessageShape<Desc>;
  encode(schema: DescMessage, message: Message): Uint8Array;
  /** @throws ParleyError INVALID_ARGUMENT for data that is no JSON of this message or breaks its rules. */
  decode<Desc extends DescMessage>(schema: Desc, envelope: Pick<Envelope, "contentType" | "data">): MessageShape<Desc>;
  schemaName(schema: DescMessage): string;
}

/**
 * JSON in the contract's names with 64-bit integers as numbers, so that any client of the broker reads it. A field that
 * the contract does not know is left out: it may come from a newer publisher.
 */
export function createPayloadCodec(): PayloadCodec {
  const registry = createRegistry();
  const style = resolveJsonStyle({ fieldNames: "proto", int64: "number", unknownFields: "ignore" });
  const writers = createMessageWriters(style, registry);
  const readers = createMessageReaders(style, registry);
  const validate = createMessageValidator();
  const encoder = new TextEncoder();
  return {
    create(schema, init) {
      const message = create(schema, init);
      validate(schema, message);
      return message;
    },
    encode: (schema, message) => encoder.encode(writers.message(schema)(message)),
    decode(schema, { contentType, data }) {
      if (!/^application\/([\w.+-]+\+)?json\s*(;|$)/i.test(contentType)) {
        throw invalidArgument({ field: "data", description: `must be JSON, got the content type ${contentType}` });
      }
      const json = readerOf(data);
      const message = readers.message(schema)(json);
      json.readEnd();
      validate(schema, message);
      return message as MessageShape<typeof schema>;
    },
    schemaName: (schema) => SCHEMA_PREFIX + schema.typeName,
  };
}

function readerOf(data: Uint8Array): JsonReader {
  try {
    return new JsonReader(utf8.decode(data));
  } catch (thrown) {
    throw invalidArgument({ field: "data", description: `is not text in UTF-8: ${toParleyError(thrown).message}` });
  }
}

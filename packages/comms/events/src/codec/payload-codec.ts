import {
  create,
  type DescFile,
  type DescMessage,
  type Message,
  type MessageInitShape,
  type MessageShape,
} from "@bufbuild/protobuf";
import { invalidArgument, toParleyError } from "@parley/core";
import {
  contractRegistry,
  createMessageReaders,
  createMessageWriters,
  JsonReader,
  missingFields,
  resolveJsonStyle,
} from "@parley/protobuf/internal";
import { createMessageValidators } from "@parley/protobuf/validation";
import type { Envelope } from "@parley/transport";
import type { EventInt64 } from "../definition/event-int64.ts";
import { refuseLoneSurrogates } from "./refuse-lone-surrogates.ts";

export const JSON_CONTENT_TYPE = "application/json";
/** Before the full name of a message in `dataschema`. */
const SCHEMA_PREFIX = "proto:";
const utf8 = new TextDecoder("utf-8", { fatal: true });

/** Messages of contracts as the data of events, and back; checked against the rules of the contract both ways. */
export interface PayloadCodec {
  /** Loads what validates these messages, while the service starts: the first one would wait for it. */
  prepare(schema: DescMessage): void;
  /** @throws ParleyError INVALID_ARGUMENT for a payload that breaks its contract. */
  create<Desc extends DescMessage>(schema: Desc, init: MessageInitShape<Desc>): MessageShape<Desc>;
  /** @throws ParleyError INVALID_ARGUMENT for a payload that cannot be text. Default `"auto"`. */
  encode(schema: DescMessage, message: Message, int64?: EventInt64): Uint8Array;
  /** @throws ParleyError INVALID_ARGUMENT for data that is no JSON of this message or breaks its rules. */
  decode<Desc extends DescMessage>(schema: Desc, envelope: Pick<Envelope, "contentType" | "data">): MessageShape<Desc>;
  schemaName(schema: DescMessage): string;
}

/** JSON of the messages that one file declares, with all that it imports in an Any. */
function createFileJson(file: DescFile) {
  const registry = contractRegistry([file]);
  const style = resolveJsonStyle({ fieldNames: "proto", unknownFields: "ignore" });
  return {
    readers: createMessageReaders(style, registry),
    writers: {
      auto: createMessageWriters({ ...style, int64: "auto" }, registry),
      string: createMessageWriters({ ...style, int64: "string" }, registry),
    },
  };
}

/**
 * JSON in the contract's names, so that any client of the broker reads it; readers take 64-bit integers as numbers and as strings.
 * A field that the contract does not know is left out: it may come from a newer publisher.
 */
export function createPayloadCodec(): PayloadCodec {
  const byFile = new Map<DescFile, ReturnType<typeof createFileJson>>();
  const jsonOf = ({ file }: DescMessage): ReturnType<typeof createFileJson> => {
    let json = byFile.get(file);
    if (!json) {
      json = createFileJson(file);
      byFile.set(file, json);
    }
    return json;
  };
  const validatorOf = createMessageValidators();
  const encoder = new TextEncoder();
  return {
    prepare: (schema) => void validatorOf(schema),
    create(schema, init) {
      const message = create(schema, init);
      const missing = missingFields(schema, message);
      if (missing.length > 0) throw invalidArgument([...missing]);
      validatorOf(schema)?.(message);
      return message;
    },
    encode(schema, message, int64 = "auto") {
      const text = jsonOf(schema).writers[int64].message(schema)(message);
      refuseLoneSurrogates(text);
      return encoder.encode(text);
    },
    decode(schema, { contentType, data }) {
      if (!/^application\/([\w.+-]+\+)?json\s*(;|$)/i.test(contentType)) {
        throw invalidArgument({ field: "data", description: `must be JSON, got the content type ${contentType}` });
      }
      const json = readerOf(data);
      const message = jsonOf(schema).readers.message(schema)(json);
      json.readEnd();
      validatorOf(schema)?.(message);
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

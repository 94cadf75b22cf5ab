import {
  create,
  type DescExtension,
  type DescField,
  type DescMessage,
  fromJson,
  type JsonObject,
  type Message,
  type Registry,
} from "@bufbuild/protobuf";
import { createAnyReader } from "./any-json.ts";
import { assignField, fieldValue } from "./assign-field.ts";
import { asField, assignExtension, findExtension, mayBeExtended } from "./extension-json.ts";
import { fieldNameOf } from "./json-names.ts";
import { type JsonReader, shorten } from "./json-reader.ts";
import type { JsonStyle } from "./json-style.ts";
import { messageTextParser, type TextParser, textExpectationOf, wrappedScalar } from "./scalar-text.ts";
import { enumReader, listReader, mapReader, SKIPPED, scalarReader, type ValueReader } from "./value-reader.ts";

interface FieldReader {
  readonly field: DescField;
  readonly read: ValueReader;
  /** Absent for a field of the message itself. */
  readonly extension?: DescExtension;
}

/** Finds what reads a member of a message's JSON. */
type FieldReaders = (name: string) => FieldReader | undefined;

/** Reads JSON into messages of a contract. Compiled once per message type, at its first use. */
export interface MessageReaders {
  /** Reads the next value as a message. */
  message(desc: DescMessage): (json: JsonReader) => Message;
  /** Reads the next value into one field of a message. */
  field(field: DescField): (json: JsonReader, message: Message) => void;
}

/** Types whose JSON is free: protobuf-es makes the messages of them. */
const FREE_JSON: Readonly<Record<string, string>> = {
  "google.protobuf.Struct": "must be an object",
  "google.protobuf.Value": "must be a JSON value",
  "google.protobuf.ListValue": "must be an array",
};

/**
 * Proto3 JSON, stricter where laxness hides a mistake: a field given twice (also once by each of its names) is refused,
 * an unknown field too unless the style ignores it. `null` means absent, as the specification asks.
 *
 * @see https://protobuf.dev/programming-guides/json/
 */
export function createMessageReaders(style: JsonStyle, registry: Registry): MessageReaders {
  const fieldsByType = new Map<DescMessage, FieldReaders>();
  const readAny = createAnyReader({ registry, style, message: messageReader });

  function fieldsOf(desc: DescMessage): FieldReaders {
    let fields = fieldsByType.get(desc);
    if (!fields) {
      const names = namesOf(desc, style, fieldReader);
      fields = mayBeExtended(desc)
        ? (name) => names.get(name) ?? extensionReader(desc, name)
        : (name) => names.get(name);
      fieldsByType.set(desc, fields);
    }
    return fields;
  }

  /** `skipped` names a member that is no field and has been read before. */
  function messageReader(desc: DescMessage, skipped?: string): (json: JsonReader) => Message {
    const wrapped = wrappedScalar(desc.typeName, desc.fields[0]);
    if (wrapped !== undefined) {
      const read = scalarReader(wrapped, false);
      return (json) => create(desc, { value: read(json) });
    }
    if (desc.typeName === "google.protobuf.Any") return readAny;
    const parse = messageTextParser(desc);
    if (parse) return textReader(parse, textExpectationOf(desc));
    const freeForm = FREE_JSON[desc.typeName];
    if (freeForm) return (json) => readFree(json, desc, freeForm);
    let fields: FieldReaders | undefined; // on first use: types may contain themselves
    return (json) => {
      fields ??= fieldsOf(desc);
      return readMessage(json, { desc, fields, style, skipped });
    };
  }

  function extensionReader(desc: DescMessage, name: string): FieldReader | undefined {
    const extension = findExtension(desc, name, registry);
    return extension && { ...fieldReader(asField(extension)), extension };
  }

  function fieldReader(field: DescField): FieldReader {
    switch (field.fieldKind) {
      case "list":
        return { field, read: listReader(elementReader(field, true)) };
      case "map":
        return { field, read: mapReader(field, elementReader(field, true)) };
      default:
        return { field, read: elementReader(field, field.oneof !== undefined) };
    }
  }

  /** `boxed`: lists, maps and oneofs keep a wrapper type as a message, a singular field keeps just its value. */
  function elementReader(field: DescField, boxed: boolean): ValueReader {
    if (field.enum) return enumReader(field.enum, style);
    if (field.scalar !== undefined) {
      return scalarReader(field.scalar, "longAsString" in field && field.longAsString === true);
    }
    const desc = field.message as DescMessage;
    const wrapped = wrappedScalar(desc.typeName, desc.fields[0]);
    if (wrapped !== undefined && !boxed) return scalarReader(wrapped, false);
    if (desc.typeName === "google.protobuf.Struct") return readStruct;
    return messageReader(desc);
  }

  return {
    message: messageReader,
    field: (field) => {
      const reader = fieldReader(field);
      return (json, target) => json.within(field.name, () => readField(json, target, reader, style));
    },
  };
}

/** Both names of every field; where two fields have each other's, what this style calls a field is that field. */
function namesOf(
  desc: DescMessage,
  style: JsonStyle,
  read: (field: DescField) => FieldReader,
): ReadonlyMap<string, FieldReader> {
  const readers = desc.fields.map(read);
  const names = new Map<string, FieldReader>();
  for (const reader of readers) names.set(reader.field.name, reader).set(reader.field.jsonName, reader);
  for (const reader of readers) names.set(fieldNameOf(reader.field, style), reader);
  return names;
}

interface MessageReading {
  readonly desc: DescMessage;
  readonly fields: FieldReaders;
  readonly style: JsonStyle;
  readonly skipped: string | undefined;
}

function readMessage(json: JsonReader, { desc, fields, style, skipped }: MessageReading): Message {
  if (json.peek() !== "object") json.refuseValue("must be an object");
  const message = create(desc);
  const seen = new Set<DescField | DescExtension>();
  json.readObject((name) => {
    if (name === skipped) return json.skipValue();
    const reader = fields(name);
    json.within(reader ? reader.field.name : shorten(name), () => {
      if (!reader) {
        if (style.unknownFields === "refuse") json.refuse("is not a known field");
        json.readValue();
        return;
      }
      const one = reader.extension ?? reader.field;
      if (seen.has(one)) json.refuse("is given twice");
      seen.add(one);
      readField(json, message, reader, style);
    });
  });
  return message;
}

function readField(
  json: JsonReader,
  message: Message,
  { field, read, extension }: FieldReader,
  style: JsonStyle,
): void {
  if (json.peek() === "null" && !takesNull(field)) {
    json.readNull();
    return;
  }
  if (field.oneof) {
    const other = field.oneof.fields.find((sibling) => fieldValue(message, sibling) !== undefined);
    if (other) json.refuse(`cannot be given together with ${fieldNameOf(other, style)}`);
  }
  const value = read(json);
  if (value === SKIPPED) return;
  if (extension) assignExtension(json, message, extension, value);
  else assignField(message, field, value);
}

/** For these two, `null` is a value of its own. */
function takesNull(field: DescField): boolean {
  return (
    (field.fieldKind === "message" && field.message.typeName === "google.protobuf.Value") ||
    (field.fieldKind === "enum" && field.enum.typeName === "google.protobuf.NullValue")
  );
}

function textReader(parse: TextParser, expectation = "must be a string"): (json: JsonReader) => Message {
  return (json) => {
    if (json.peek() !== "string") return json.refuseValue(expectation);
    const text = json.readString();
    const fail = (description: string) => json.refuse(`${description}, got ${shorten(JSON.stringify(text))}`);
    return parse(text, fail) as Message;
  };
}

/** A field keeps a Struct as plain JSON. */
function readStruct(json: JsonReader): JsonObject {
  return json.peek() === "object" ? (json.readValue() as JsonObject) : json.refuseValue("must be an object");
}

function readFree(json: JsonReader, desc: DescMessage, expectation: string): Message {
  const value = json.readValue();
  try {
    return fromJson(desc, value);
  } catch {
    return json.refuse(`${expectation}, got ${shorten(JSON.stringify(value))}`);
  }
}

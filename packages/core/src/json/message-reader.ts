import {
  create,
  type DescField,
  type DescMessage,
  fromJson,
  type JsonObject,
  type Message,
  type Registry,
  ScalarType,
} from "@bufbuild/protobuf";
import { assignField, fieldValue } from "./assign-field.ts";
import { fieldNameOf } from "./json-names.ts";
import { type JsonKind, type JsonReader, shorten } from "./json-reader.ts";
import type { JsonStyle } from "./json-style.ts";
import { enumTextParser, scalarTextParser, type TextParser, wrappedScalar } from "./scalar-text.ts";

/** Reads the next JSON value as what a message keeps in a field. */
type ValueReader = (json: JsonReader) => unknown;

interface FieldReader {
  readonly field: DescField;
  readonly read: ValueReader;
}

/** Reads JSON into messages of a contract. Compiled once per message type, at its first use. */
export interface MessageReaders {
  /** Reads the next value as a message. */
  message(desc: DescMessage): (json: JsonReader) => Message;
  /** Reads the next value into one field of a message. */
  field(field: DescField): (json: JsonReader, message: Message) => void;
}

const LONG_TYPES: ReadonlySet<ScalarType> = new Set([
  ScalarType.INT64,
  ScalarType.SINT64,
  ScalarType.SFIXED64,
  ScalarType.UINT64,
  ScalarType.FIXED64,
]);

/** Types whose JSON is not an object of their fields; protobuf-es knows each of them. */
const CUSTOM_JSON: Readonly<Record<string, string>> = {
  "google.protobuf.Any": 'must be an object with "@type"',
  "google.protobuf.Timestamp": "must be an RFC 3339 time such as 2026-01-31T12:00:00Z",
  "google.protobuf.Duration": 'must be a number of seconds that ends in "s", such as "1.5s"',
  "google.protobuf.FieldMask": "must be field names separated by commas",
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
  const byType = new Map<DescMessage, (json: JsonReader) => Message>();

  function message(desc: DescMessage): (json: JsonReader) => Message {
    let read = byType.get(desc);
    if (!read) {
      let fields: ReadonlyMap<string, FieldReader> | undefined; // on first use: types may contain themselves
      read = (json) => {
        fields ??= namesOf(desc, style, fieldReader);
        return readMessage(json, desc, fields, style);
      };
      byType.set(desc, read);
    }
    return read;
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
    if (field.enum) {
      const [ofString, ofNumber] = [enumTextParser(field.enum, style, "names"), enumTextParser(field.enum, style)];
      return enumReader(field.enum.typeName, { ofString, ofNumber });
    }
    if (field.scalar !== undefined) {
      return scalarReader(field.scalar, "longAsString" in field && field.longAsString === true);
    }
    const desc = field.message as DescMessage;
    const wrapped = wrappedScalar(desc.typeName, desc.fields[0]);
    if (wrapped !== undefined) {
      const read = scalarReader(wrapped, false);
      return boxed ? (json) => create(desc, { value: read(json) }) : read;
    }
    const expectation = CUSTOM_JSON[desc.typeName];
    if (!expectation) return message(desc);
    return desc.typeName === "google.protobuf.Struct"
      ? (json) => (json.peek() === "object" ? (json.readValue() as JsonObject) : json.refuseValue(expectation))
      : (json) => readCustom(json, desc, expectation, registry);
  }

  return {
    message: (desc) => {
      const expectation = CUSTOM_JSON[desc.typeName];
      return expectation ? (json) => readCustom(json, desc, expectation, registry) : message(desc);
    },
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

function readMessage(
  json: JsonReader,
  desc: DescMessage,
  fields: ReadonlyMap<string, FieldReader>,
  style: JsonStyle,
): Message {
  if (json.peek() !== "object") json.refuseValue("must be an object");
  const message = create(desc);
  const seen = new Set<FieldReader>();
  json.readObject((name) => {
    const reader = fields.get(name);
    json.within(reader ? reader.field.name : shorten(name), () => {
      if (!reader) {
        if (style.unknownFields === "refuse") json.refuse("is not a known field");
        json.readValue();
        return;
      }
      if (seen.has(reader)) json.refuse("is given twice");
      seen.add(reader);
      readField(json, message, reader, style);
    });
  });
  return message;
}

function readField(json: JsonReader, message: Message, { field, read }: FieldReader, style: JsonStyle): void {
  if (json.peek() === "null" && !takesNull(field)) {
    json.readNull();
    return;
  }
  if (field.oneof) {
    const other = field.oneof.fields.find((sibling) => fieldValue(message, sibling) !== undefined);
    if (other) json.refuse(`cannot be given together with ${fieldNameOf(other, style)}`);
  }
  assignField(message, field, read(json));
}

/** For these two, `null` is a value of its own. */
function takesNull(field: DescField): boolean {
  return (
    (field.fieldKind === "message" && field.message.typeName === "google.protobuf.Value") ||
    (field.fieldKind === "enum" && field.enum.typeName === "google.protobuf.NullValue")
  );
}

function listReader(element: ValueReader): ValueReader {
  return (json) => {
    if (json.peek() !== "array") json.refuseValue("must be an array");
    const list: unknown[] = [];
    json.readArray((index) => json.within(index, () => list.push(element(json))));
    return list;
  };
}

function mapReader(field: DescField & { fieldKind: "map" }, element: ValueReader): ValueReader {
  const parseKey = scalarTextParser(field.mapKey, false);
  return (json) => {
    if (json.peek() !== "object") json.refuseValue("must be an object");
    const map: Record<string, unknown> = {};
    json.readObject((name) =>
      json.within(shorten(name), () => {
        const key = String(parseKey(name, (description) => json.refuse(`has a key that ${description}`)));
        if (Object.hasOwn(map, key)) json.refuse("is given twice");
        // Defined, not assigned: the key may be "__proto__".
        Object.defineProperty(map, key, { value: element(json), enumerable: true, configurable: true, writable: true });
      }),
    );
    return map;
  };
}

function scalarReader(type: ScalarType, longAsString: boolean): ValueReader {
  const parse = scalarTextParser(type, longAsString);
  const isLong = LONG_TYPES.has(type);
  const kinds = acceptedKinds(type);
  return (json) => {
    const kind = json.peek();
    if (!kinds.includes(kind)) return json.refuseValue(expectationOf(type));
    if (kind === "boolean") return json.readBoolean();
    const text = kind === "string" ? json.readString() : json.readNumberText();
    const fail = (description: string): never =>
      json.refuse(`${description}, got ${shorten(kind === "string" ? JSON.stringify(text) : text)}`);
    const value = parse(text, fail);
    if (isLong && kind === "number" && !Number.isSafeInteger(Number(value))) {
      fail("is beyond what a JSON number holds exactly (2^53 - 1): send it as a string");
    }
    return value;
  };
}

function acceptedKinds(type: ScalarType): readonly JsonKind[] {
  if (type === ScalarType.BOOL) return ["boolean"];
  return type === ScalarType.STRING || type === ScalarType.BYTES ? ["string"] : ["number", "string"];
}

function expectationOf(type: ScalarType): string {
  switch (type) {
    case ScalarType.BOOL:
      return "must be true or false";
    case ScalarType.STRING:
      return "must be a string";
    case ScalarType.BYTES:
      return "must be a base64 string";
    case ScalarType.DOUBLE:
    case ScalarType.FLOAT:
      return "must be a number";
    default:
      return "must be an integer";
  }
}

/** A number in quotes is no number: protobuf's JSON has names as strings and numbers as numbers. */
function enumReader(
  typeName: string,
  { ofString, ofNumber }: { readonly ofString: TextParser; readonly ofNumber: TextParser },
): ValueReader {
  return (json) => {
    const kind = json.peek();
    if (kind === "null" && typeName === "google.protobuf.NullValue") {
      json.readNull();
      return 0;
    }
    if (kind !== "string" && kind !== "number") return json.refuseValue("must be the name of an enum value");
    const [text, parse] = kind === "string" ? [json.readString(), ofString] : [json.readNumberText(), ofNumber];
    return parse(text, (description) => json.refuse(`${description}, got ${shorten(JSON.stringify(text))}`));
  };
}

function readCustom(json: JsonReader, desc: DescMessage, expectation: string, registry: Registry): Message {
  const value = json.readValue();
  try {
    return fromJson(desc, value, { registry });
  } catch {
    return json.refuse(`${expectation}, got ${shorten(JSON.stringify(value))}`);
  }
}

import { type DescEnum, type DescField, ScalarType } from "@bufbuild/protobuf";
import { isKnownEnumText } from "./json-names.ts";
import { type JsonKind, type JsonReader, shorten } from "./json-reader.ts";
import type { JsonStyle } from "./json-style.ts";
import { enumTextParser, scalarTextParser } from "./scalar-text.ts";

/** Reads the next JSON value as what a message keeps in a field; {@link SKIPPED} for one that the style ignores. */
export type ValueReader = (json: JsonReader) => unknown;

/** A value that the contract does not know, where unknown ones are ignored: as if it were not there. */
export const SKIPPED: unique symbol = Symbol("skipped");

export function listReader(element: ValueReader): ValueReader {
  return (json) => {
    if (json.peek() !== "array") json.refuseValue("must be an array");
    const list: unknown[] = [];
    json.readArray((index) =>
      json.within(index, () => {
        const value = element(json);
        if (value !== SKIPPED) list.push(value);
      }),
    );
    return list;
  };
}

export function mapReader(field: DescField & { fieldKind: "map" }, element: ValueReader): ValueReader {
  const parseKey = scalarTextParser(field.mapKey, false);
  return (json) => {
    if (json.peek() !== "object") json.refuseValue("must be an object");
    const map: Record<string, unknown> = {};
    json.readObject((name) =>
      json.within(shorten(name), () => {
        const key = String(parseKey(name, (description) => json.refuse(`has a key that ${description}`)));
        if (Object.hasOwn(map, key)) json.refuse("is given twice");
        const value = element(json);
        if (value === SKIPPED) return;
        // Defined, not assigned: the key may be "__proto__".
        Object.defineProperty(map, key, { value, enumerable: true, configurable: true, writable: true });
      }),
    );
    return map;
  };
}

/** An integer is read as it is written, also beyond 2^53: its text is what is parsed, and no double in between. */
export function scalarReader(type: ScalarType, longAsString: boolean): ValueReader {
  const parse = scalarTextParser(type, longAsString);
  const kinds = acceptedKinds(type);
  return (json) => {
    const kind = json.peek();
    if (!kinds.includes(kind)) return json.refuseValue(expectationOf(type));
    if (kind === "boolean") return json.readBoolean();
    const text = kind === "string" ? json.readString() : json.readNumberText();
    return parse(text, (description) =>
      json.refuse(`${description}, got ${shorten(kind === "string" ? JSON.stringify(text) : text)}`),
    );
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
export function enumReader(desc: DescEnum, style: JsonStyle): ValueReader {
  const [ofString, ofNumber] = [enumTextParser(desc, style, "names"), enumTextParser(desc, style)];
  const isKnown = isKnownEnumText(desc, style);
  return (json) => {
    const kind = json.peek();
    if (kind === "null" && desc.typeName === "google.protobuf.NullValue") {
      json.readNull();
      return 0;
    }
    if (kind !== "string" && kind !== "number") return json.refuseValue("must be the name of an enum value");
    const [text, parse] = kind === "string" ? [json.readString(), ofString] : [json.readNumberText(), ofNumber];
    if (kind === "string" && style.unknownFields === "ignore" && !isKnown(text)) return SKIPPED;
    return parse(text, (description) => json.refuse(`${description}, got ${shorten(JSON.stringify(text))}`));
  };
}

import { create, type DescMessage, fromBinary, type Message, type Registry, toBinary } from "@bufbuild/protobuf";
import { type Any, AnySchema } from "@bufbuild/protobuf/wkt";
import { ParleyError } from "@parley/core";
import { type JsonReader, shorten } from "./json-reader.ts";
import type { JsonStyle } from "./json-style.ts";
import { hasCustomJson } from "./well-known.ts";

const TYPE = "@type";
/** Where the JSON of a type that is no object of fields stands. */
const VALUE = "value";

export interface AnyReaderOptions {
  readonly registry: Registry;
  readonly style: JsonStyle;
  /** Reads the next value as a message of this type; `skipped` names a member that is not a field. */
  readonly message: (desc: DescMessage, skipped?: string) => (json: JsonReader) => Message;
}

/**
 * Reads `{"@type": …}` with the fields of that type beside it, or with `"value"` for a type whose JSON is no object of its fields.
 * The type may stand anywhere among the members, so it is looked for first.
 */
export function createAnyReader({ registry, style, message }: AnyReaderOptions): (json: JsonReader) => Any {
  function readCustom(json: JsonReader, desc: DescMessage): Message {
    let value: Message | undefined;
    json.readObject((name) => {
      json.within(shorten(name), () => {
        if (name === TYPE) return json.skipValue();
        if (name !== VALUE)
          return style.unknownFields === "ignore" ? json.skipValue() : json.refuse("is not a known field");
        if (value) json.refuse("is given twice");
        value = message(desc)(json);
      });
    });
    return value ?? json.refuse(`must have a "${VALUE}" beside its "${TYPE}"`);
  }

  return (json) => {
    if (json.peek() !== "object") json.refuseValue(`must be an object with "${TYPE}"`);
    const typeUrl = json.lookAhead(() => readTypeUrl(json));
    if (typeUrl === undefined) {
      json.readObject(() => json.refuse(`must have a "${TYPE}"`));
      return create(AnySchema); // `{}`, as an empty one is written
    }
    const desc = /^[^/]*(?:\/[^/]*)*\/[^/]+$/.test(typeUrl) ? registry.getMessage(typeNameOf(typeUrl)) : undefined;
    if (!desc) return json.refuse(`must have a known "${TYPE}", got ${shorten(JSON.stringify(typeUrl))}`);
    const value = hasCustomJson(desc) ? readCustom(json, desc) : message(desc, TYPE)(json);
    try {
      return create(AnySchema, { typeUrl, value: toBinary(desc, value) });
    } catch {
      return json.refuse(`must have all fields that ${desc.typeName} requires`); // of proto2: nothing else cannot be encoded
    }
  };
}

function readTypeUrl(json: JsonReader): string | undefined {
  let typeUrl: string | undefined;
  json.readObject((name) => {
    if (name !== TYPE) return json.skipValue();
    json.within(TYPE, () => {
      if (typeUrl !== undefined) json.refuse("is given twice");
      if (json.peek() !== "string") json.refuseValue("must be a string");
      typeUrl = json.readString();
    });
  });
  return typeUrl;
}

/** @throws ParleyError INTERNAL, when it is used, for a type that no contract here imports: its JSON cannot be known. */
export function createAnyWriter(
  registry: Registry,
  message: (desc: DescMessage) => (value: Message) => string,
): (any: Any) => string {
  return ({ typeUrl, value }) => {
    if (typeUrl === "") return "{}";
    const typeName = typeNameOf(typeUrl);
    const desc = registry.getMessage(typeName);
    if (!desc) {
      const remedy = "import its file in the contract";
      throw new ParleyError("INTERNAL", `an Any holds a ${typeName}, which no contract here imports: ${remedy}`);
    }
    const type = `{"${TYPE}":${JSON.stringify(typeUrl)}`;
    const json = message(desc)(fromBinary(desc, value));
    if (hasCustomJson(desc)) return `${type},"${VALUE}":${json}}`;
    return json === "{}" ? `${type}}` : `${type},${json.slice(1)}`;
  };
}

function typeNameOf(typeUrl: string): string {
  return typeUrl.slice(typeUrl.lastIndexOf("/") + 1);
}

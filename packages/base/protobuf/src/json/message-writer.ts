import {
  type DescField,
  type DescMessage,
  type JsonValue,
  type Message,
  type Registry,
  ScalarType,
  toJson,
} from "@bufbuild/protobuf";
import { base64Encode } from "@bufbuild/protobuf/wire";
import type { Any } from "@bufbuild/protobuf/wkt";
import { ParleyError } from "@parley/core";
import { createAnyWriter } from "./any-json.ts";
import { asField, extensionsOf, mayBeExtended } from "./extension-json.ts";
import { enumNamesOf, fieldNameOf } from "./json-names.ts";
import type { JsonStyle } from "./json-style.ts";
import { wrappedScalar } from "./scalar-text.ts";
import { timestampText } from "./timestamp-text.ts";
import { hasCustomJson } from "./well-known.ts";

/** The JSON text of a value as a message keeps it. */
type ValueWriter = (value: unknown) => string;
/** `"name":value` of one field, behind a comma unless it is the first that is written, or the empty string if the field is absent. */
type FieldWriter = (message: Readonly<Record<string, unknown>>, first: boolean) => string;

/** Writes messages of a contract as JSON text. Compiled once per message type, at its first use. */
export interface MessageWriters {
  message(desc: DescMessage): (message: Message) => string;
  /** The JSON of one field's value; the default of its type where it is absent, `null` for a message. */
  field(field: DescField): (message: Message) => string;
}

export interface MessageWriterOptions {
  /** Whether enums are written by the names of the style, or as their numbers, for a reader that asks for these. Default `names`. */
  readonly enums?: "names" | "numbers";
}

/**
 * Proto3 JSON with every field that has no presence written, also at its default: a client can tell an empty list from a
 * forgotten one. One closure per field, straight to text: about 4 times as fast as `toJson` with `JSON.stringify`.
 *
 * @see https://protobuf.dev/programming-guides/json/
 */
export function createMessageWriters(
  style: JsonStyle,
  registry: Registry,
  { enums = "names" }: MessageWriterOptions = {},
): MessageWriters {
  const byType = new Map<DescMessage, (message: Message) => string>();
  const writeAny = createAnyWriter(registry, messageWriter);

  function message(desc: DescMessage): (message: Message) => string {
    let write = byType.get(desc);
    if (!write) {
      let fields: readonly FieldWriter[] | undefined; // on first use: types may contain themselves
      write = (value) => {
        fields ??= desc.members.map((member) =>
          member.kind === "oneof" ? oneofWriter(member.localName, member.fields) : fieldWriter(member),
        );
        return writeMessage(value as unknown as Record<string, unknown>, fields);
      };
      if (mayBeExtended(desc)) write = withExtensions(desc, write);
      byType.set(desc, write);
    }
    return write;
  }

  function withExtensions(desc: DescMessage, write: (message: Message) => string): (message: Message) => string {
    return (message) => {
      const own = write(message);
      const others = [...extensionsOf(message, desc, registry)].map(([extension, value]) => {
        const field = asField(extension);
        return `${JSON.stringify(field.name)}:${valueWriter(field, false)(value)}`;
      });
      if (others.length === 0) return own;
      return `${own.slice(0, -1)}${own === "{}" ? "" : ","}${others.join(",")}}`;
    };
  }

  function fieldWriter(field: DescField): FieldWriter {
    const [prefix, next] = prefixesOf(field);
    const name = field.localName;
    const write = valueWriter(field, false);
    if (hasPresence(field)) {
      return (holder, first) => {
        const value = Object.hasOwn(holder, name) ? holder[name] : undefined;
        return value === undefined ? "" : (first ? prefix : next) + write(value);
      };
    }
    return (holder, first) => (first ? prefix : next) + write(holder[name]);
  }

  function prefixesOf(field: DescField): readonly [prefix: string, behindComma: string] {
    const prefix = `${JSON.stringify(fieldNameOf(field, style))}:`;
    return [prefix, `,${prefix}`];
  }

  function oneofWriter(oneofName: string, fields: readonly DescField[]): FieldWriter {
    const writers = new Map(
      fields.map((field) => {
        const [prefix, next] = prefixesOf(field);
        const write = valueWriter(field, true);
        return [field.localName, (value: unknown, first: boolean) => (first ? prefix : next) + write(value)] as const;
      }),
    );
    return (holder, first) => {
      const chosen = holder[oneofName] as { readonly case?: string; readonly value?: unknown } | undefined;
      return (chosen?.case !== undefined && writers.get(chosen.case)?.(chosen.value, first)) || "";
    };
  }

  function valueWriter(field: DescField, inOneof: boolean): ValueWriter {
    switch (field.fieldKind) {
      case "list": {
        const write = elementWriter(field, true);
        return (list) => `[${(list as readonly unknown[]).map(write).join(",")}]`;
      }
      case "map": {
        const write = elementWriter(field, true);
        return (map) =>
          `{${Object.entries(map as Record<string, unknown>)
            .map(([key, value]) => `${JSON.stringify(key)}:${write(value)}`)
            .join(",")}}`;
      }
      default:
        return elementWriter(field, inOneof);
    }
  }

  /** `boxed`: lists, maps and oneofs keep a wrapper type as a message, a singular field keeps just its value. */
  function elementWriter(field: DescField, boxed: boolean): ValueWriter {
    if (field.enum) {
      return enumWriter(enums === "names" ? enumNamesOf(field.enum, style) : new Map(), field.enum.typeName);
    }
    if (field.scalar !== undefined) return scalarWriter(field.scalar, field, style);
    const desc = field.message as DescMessage;
    const wrapped = wrappedScalar(desc.typeName, desc.fields[0]);
    if (wrapped !== undefined) {
      const write = scalarWriter(wrapped, field, style);
      return boxed ? (value) => write((value as { readonly value: unknown }).value) : write;
    }
    if (desc.typeName === "google.protobuf.Struct") return (value) => JSON.stringify(value);
    return messageWriter(desc) as ValueWriter;
  }

  function messageWriter(desc: DescMessage): (message: Message) => string {
    if (desc.typeName === "google.protobuf.Timestamp") return writeTimestamp as unknown as (message: Message) => string;
    if (!hasCustomJson(desc)) return message(desc);
    if (desc.typeName === "google.protobuf.Any") return (value) => writeAny(value as Any);
    const [wrapped] = desc.fields;
    if (wrapped && wrappedScalar(desc.typeName, wrapped) !== undefined) {
      const write = valueWriter(wrapped, false);
      return (value) => write((value as unknown as { readonly value: unknown }).value);
    }
    return (value) => JSON.stringify(toJson(desc, value) satisfies JsonValue);
  }

  return {
    message: messageWriter,
    field: (field) => {
      const write = valueWriter(field, field.oneof !== undefined);
      return (holder) => {
        const value = (holder as unknown as Record<string, unknown>)[field.localName];
        return value === undefined ? "null" : write(value);
      };
    },
  };
}

function writeMessage(holder: Readonly<Record<string, unknown>>, fields: readonly FieldWriter[]): string {
  let text = "{";
  for (const write of fields) text += write(holder, text.length === 1);
  return `${text}}`;
}

/** True if absence and the default differ, so that only a field that was set is written. */
function hasPresence(field: DescField): boolean {
  return field.fieldKind !== "list" && field.fieldKind !== "map" && field.presence !== IMPLICIT;
}

/** `FeatureSet_FieldPresence.IMPLICIT` of descriptor.proto. */
const IMPLICIT = 2;

function scalarWriter(type: ScalarType, field: DescField, style: JsonStyle): ValueWriter {
  switch (type) {
    case ScalarType.STRING:
      return JSON.stringify;
    case ScalarType.BOOL:
      return (value) => (value ? "true" : "false");
    case ScalarType.BYTES:
      return (value) => `"${base64Encode(value as Uint8Array)}"`;
    case ScalarType.DOUBLE:
    case ScalarType.FLOAT:
      return (value) => (Number.isFinite(value) ? JSON.stringify(value) : `"${value}"`);
    case ScalarType.INT64:
    case ScalarType.SINT64:
    case ScalarType.SFIXED64:
    case ScalarType.UINT64:
    case ScalarType.FIXED64:
      return longWriter(field, style);
    default:
      return String;
  }
}

function longWriter(field: DescField, style: JsonStyle): ValueWriter {
  switch (style.int64) {
    case "string":
      return (value) => `"${value}"`;
    case "number":
      return (value) => safeLong(value, field, style);
    case "auto":
      return (value) => (Number.isSafeInteger(Number(value)) ? String(value) : `"${value}"`);
    default:
      return style.int64 satisfies never;
  }
}

function safeLong(value: unknown, field: DescField, style: JsonStyle): string {
  if (!Number.isSafeInteger(Number(value))) {
    const name = fieldNameOf(field, style);
    throw new ParleyError("INTERNAL", `${name} is beyond what a JSON number holds exactly: set json.int64 to "string"`);
  }
  return String(value);
}

function enumWriter(names: ReadonlyMap<number, string>, typeName: string): ValueWriter {
  if (typeName === "google.protobuf.NullValue") return () => "null";
  const texts = new Map([...names].map(([number, name]) => [number, JSON.stringify(name)]));
  return (value) => texts.get(value as number) ?? String(value);
}

function writeTimestamp({ seconds, nanos }: { readonly seconds: bigint; readonly nanos: number }): string {
  const text = timestampText(Number(seconds), nanos);
  if (text !== undefined) return `"${text}"`;
  const value = `${seconds} seconds and ${nanos} nanoseconds`;
  const limits = "within the years 1 to 9999, with 0 to 999,999,999 nanoseconds";
  throw new ParleyError("INTERNAL", `a timestamp of ${value} cannot be written as JSON: it must lie ${limits}`);
}

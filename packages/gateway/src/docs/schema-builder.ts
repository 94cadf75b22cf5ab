import { type DescEnum, type DescField, type DescMessage, ScalarType } from "@bufbuild/protobuf";
import { enumNamesOf, fieldNameOf, type JsonStyle, wrappedScalar } from "@parley/core/json";
import type { Comments } from "./comments.ts";
import type { JsonSchema } from "./json-schema.ts";
import { isRequired, ruleKeywords } from "./rule-keywords.ts";

/** Describes messages of a contract as JSON Schemas, in the style of the edge. */
export interface SchemaBuilder {
  /** A reference to the message's schema, which becomes a component. */
  message(desc: DescMessage): JsonSchema;
  /** The schema of a message itself, without some of its fields. */
  messageWithout(desc: DescMessage, fields: readonly DescField[]): JsonSchema;
  field(field: DescField): JsonSchema;
  /** The components that were referred to so far. */
  readonly components: Readonly<Record<string, JsonSchema>>;
}

const WELL_KNOWN: Readonly<Record<string, JsonSchema>> = {
  "google.protobuf.Timestamp": { type: "string", format: "date-time" },
  "google.protobuf.Duration": { type: "string", pattern: "^-?\\d+(\\.\\d{1,9})?s$", examples: ["1.5s"] },
  "google.protobuf.FieldMask": { type: "string", description: "Field names separated by commas." },
  "google.protobuf.Struct": { type: "object" },
  "google.protobuf.Value": {},
  "google.protobuf.ListValue": { type: "array", items: {} },
  "google.protobuf.Empty": { type: "object" },
  "google.protobuf.Any": {
    type: "object",
    properties: { "@type": { type: "string" } },
    required: ["@type"],
  },
};

export function createSchemaBuilder(style: JsonStyle, comments: Comments): SchemaBuilder {
  const components: Record<string, JsonSchema> = {};

  function message(desc: DescMessage): JsonSchema {
    const wellKnown = WELL_KNOWN[desc.typeName];
    if (wellKnown) return wellKnown;
    const wrapped = wrappedScalar(desc.typeName, desc.fields[0]);
    if (wrapped !== undefined) return scalarSchema(wrapped, style);
    if (!components[desc.typeName]) {
      components[desc.typeName] = {}; // taken before it is filled: a type may contain itself
      components[desc.typeName] = messageWithout(desc, []);
    }
    return reference(desc.typeName);
  }

  function messageWithout(desc: DescMessage, without: readonly DescField[]): JsonSchema {
    const fields = desc.fields.filter((candidate) => !without.includes(candidate));
    const required = fields.filter(isRequired).map((candidate) => fieldNameOf(candidate, style));
    return {
      type: "object",
      ...describe(desc.typeName),
      properties: Object.fromEntries(fields.map((candidate) => [fieldNameOf(candidate, style), field(candidate)])),
      ...(required.length > 0 && { required }),
    };
  }

  function field(desc: DescField): JsonSchema {
    const keywords = { ...ruleKeywords(desc, style.int64), ...describe(`${desc.parent.typeName}.${desc.name}`) };
    if (desc.fieldKind === "list") return { type: "array", items: element(desc), ...keywords };
    if (desc.fieldKind === "map") return { type: "object", additionalProperties: element(desc), ...keywords };
    return { ...element(desc), ...keywords };
  }

  function element(desc: DescField): JsonSchema {
    if (desc.enum) return enumeration(desc.enum);
    if (desc.message) return message(desc.message);
    return scalarSchema(desc.scalar as ScalarType, style);
  }

  function enumeration(desc: DescEnum): JsonSchema {
    if (desc.typeName === "google.protobuf.NullValue") return { type: "null" };
    components[desc.typeName] ??= {
      type: "string",
      enum: [...enumNamesOf(desc, style).values()],
      ...describe(desc.typeName),
    };
    return reference(desc.typeName);
  }

  function describe(name: string): JsonSchema {
    const description = comments.get(name);
    return description ? { description } : {};
  }

  return { message, messageWithout, field, components };
}

function reference(component: string): JsonSchema {
  return { $ref: `#/components/schemas/${component}` };
}

function scalarSchema(type: ScalarType, style: JsonStyle): JsonSchema {
  switch (type) {
    case ScalarType.BOOL:
      return { type: "boolean" };
    case ScalarType.STRING:
      return { type: "string" };
    case ScalarType.BYTES:
      return { type: "string", contentEncoding: "base64" };
    case ScalarType.DOUBLE:
      return { type: "number", format: "double" };
    case ScalarType.FLOAT:
      return { type: "number", format: "float" };
    case ScalarType.INT32:
    case ScalarType.SINT32:
    case ScalarType.SFIXED32:
      return { type: "integer", format: "int32" };
    case ScalarType.UINT32:
    case ScalarType.FIXED32:
      return { type: "integer", format: "uint32", minimum: 0 };
    case ScalarType.UINT64:
    case ScalarType.FIXED64:
      return longSchema("uint64", style);
    default:
      return longSchema("int64", style);
  }
}

function longSchema(format: "int64" | "uint64", { int64 }: JsonStyle): JsonSchema {
  const number = { type: "integer", format, ...(format === "uint64" && { minimum: 0 }) };
  const text = { type: "string", format, pattern: format === "uint64" ? "^\\d+$" : "^-?\\d+$" };
  return int64 === "number" ? number : int64 === "string" ? text : { anyOf: [number, text] };
}

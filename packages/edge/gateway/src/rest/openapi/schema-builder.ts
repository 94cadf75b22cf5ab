import type { DescEnum, DescField, DescMessage, ScalarType } from "@bufbuild/protobuf";
import type { JsonStyle } from "@parley/protobuf";
import { enumNamesOf, fieldNameOf, wrappedScalar } from "@parley/protobuf/internal";
import type { FieldRules } from "@parley/protobuf/protos/buf/validate/validate_pb.js";
import { createRequiredFields } from "@parley/protobuf/validation";
import type { Comments } from "./comments.ts";
import type { JsonSchema } from "./json-schema.ts";
import { demandValue } from "./required-value.ts";
import { allowsNumber, itemRulesOf, ruleKeywords, rulesOf } from "./rule-keywords.ts";
import { mapKeySchema, scalarSchema } from "./scalar-schema.ts";

/** Describes messages of a contract as JSON Schemas, in the style of the edge. */
export interface SchemaBuilder {
  /** A reference to the message's schema, which becomes a component. */
  message(desc: DescMessage): JsonSchema;
  /** The schema of a message itself, without some of its fields. */
  messageWithout(desc: DescMessage, fields: readonly DescField[]): JsonSchema;
  field(field: DescField): JsonSchema;
  /** Whether a message without the field is refused. */
  isRequired(field: DescField): boolean;
  /** The components that were referred to so far. */
  readonly components: Readonly<Record<string, JsonSchema>>;
}

/** `FeatureSet.FieldPresence`. */
const IMPLICIT = 2;
const LEGACY_REQUIRED = 3;

const SECONDS = "^-?(?:0|[1-9][0-9]{0,10})(?:\\.[0-9]{1,9})?s$";
const MASK = "^(?:[A-Za-z0-9_*]+(?:\\.[A-Za-z0-9_*]+)*(?:,[A-Za-z0-9_*]+(?:\\.[A-Za-z0-9_*]+)*)*)?$";

const WELL_KNOWN: Readonly<Record<string, JsonSchema>> = {
  "google.protobuf.Timestamp": { type: "string", format: "date-time" },
  "google.protobuf.Duration": { type: "string", pattern: SECONDS, examples: ["1.5s"] },
  "google.protobuf.FieldMask": { type: "string", pattern: MASK, description: "Field names separated by commas." },
  "google.protobuf.Struct": { type: "object" },
  "google.protobuf.Value": {},
  "google.protobuf.ListValue": { type: "array", items: {} },
  "google.protobuf.Empty": { type: "object", additionalProperties: false },
  "google.protobuf.Any": {
    type: "object",
    properties: { "@type": { type: "string", description: "The type of the message whose fields stand beside it." } },
    required: ["@type"],
    examples: [{ "@type": "type.googleapis.com/google.protobuf.Duration", value: "1.5s" }],
  },
};

/** The names of components that are the document's own; a message of no package that has one is called otherwise. */
const OWN_NAMES = new Set(["Error"]);

export function createSchemaBuilder(style: JsonStyle, comments: Comments): SchemaBuilder {
  const components: Record<string, JsonSchema> = {};
  const requiredFields = createRequiredFields();
  const requiredByType = new Map<DescMessage, ReadonlySet<string>>();

  function message(desc: DescMessage): JsonSchema {
    const wellKnown = WELL_KNOWN[desc.typeName];
    if (wellKnown) return wellKnown;
    const wrapped = wrappedScalar(desc.typeName, desc.fields[0]);
    if (wrapped !== undefined) return scalarSchema(wrapped, style);
    const name = componentName(desc);
    if (!components[name]) {
      components[name] = {}; // taken before it is filled: a type may contain itself
      components[name] = messageWithout(desc, []);
    }
    return reference(name);
  }

  function messageWithout(desc: DescMessage, without: readonly DescField[]): JsonSchema {
    const fields = desc.fields.filter((candidate) => !without.includes(candidate));
    const required = fields.filter(isRequired).map((candidate) => fieldNameOf(candidate, style));
    const choices = desc.oneofs.flatMap(({ fields: members }) => {
      const names = members.filter((member) => fields.includes(member)).map((member) => fieldNameOf(member, style));
      return names.length > 1 ? [atMostOne(names)] : [];
    });
    return {
      type: "object",
      ...describe(desc.typeName),
      properties: Object.fromEntries(fields.map((candidate) => [fieldNameOf(candidate, style), field(candidate)])),
      ...(required.length > 0 && { required }),
      ...(choices.length > 0 && { allOf: choices }),
      ...(desc.proto.extensionRange.length > 0 && { patternProperties: { "^\\[.+\\]$": {} } }),
      ...(style.unknownFields === "refuse" && { additionalProperties: false }),
    };
  }

  function isRequired(desc: DescField): boolean {
    if (desc.presence === LEGACY_REQUIRED) return true;
    let required = requiredByType.get(desc.parent);
    if (!required) {
      required = requiredFields(desc.parent);
      requiredByType.set(desc.parent, required);
    }
    return required.has(desc.name);
  }

  function field(desc: DescField): JsonSchema {
    const rules = rulesOf(desc);
    const isDemanded = desc.presence === IMPLICIT && isRequired(desc);
    const description = describe(`${desc.parent.typeName}.${desc.name}`);
    if (desc.fieldKind === "list") {
      const items = merged(element(desc, itemRulesOf(desc), false), ruleKeywords(itemRulesOf(desc), style.int64));
      const list = { type: "array", items, ...ruleKeywords(rules, style.int64) };
      return { ...(isDemanded ? demandValue(desc, list) : list), ...description };
    }
    if (desc.fieldKind === "map") {
      const propertyNames = mapKeySchema(desc.mapKey);
      const values = element(desc, undefined, false);
      const names = propertyNames && { propertyNames };
      const map = { type: "object", additionalProperties: values, ...names, ...ruleKeywords(rules, style.int64) };
      return { ...(isDemanded ? demandValue(desc, map) : map), ...description };
    }
    const schema = merged(element(desc, rules, isDemanded), ruleKeywords(rules, style.int64));
    return { ...(isDemanded ? demandValue(desc, schema) : schema), ...description };
  }

  function element(desc: DescField, rules: FieldRules | undefined, isDemanded: boolean): JsonSchema {
    if (desc.enum) return enumeration(desc.enum, rules, isDemanded);
    if (desc.message) return message(desc.message);
    return scalarSchema(desc.scalar as ScalarType, style);
  }

  /** What a field may not be is not listed: of one that must be given its zero, and what its rules leave out. */
  function enumeration(desc: DescEnum, rules: FieldRules | undefined, isDemanded: boolean): JsonSchema {
    if (desc.typeName === "google.protobuf.NullValue") return { type: "null" };
    const names = [...enumNamesOf(desc, style)];
    const isAllowed = allowsNumber(rules);
    const allowed = names.filter(([number]) => isAllowed(number) && !(isDemanded && number === 0));
    if (allowed.length < names.length) return { type: "string", enum: allowed.map(([, name]) => name) };
    components[desc.typeName] ??= { type: "string", enum: names.map(([, name]) => name), ...describe(desc.typeName) };
    return reference(desc.typeName);
  }

  function describe(name: string): JsonSchema {
    const description = comments.get(name);
    return description ? { description } : {};
  }

  return { message, messageWithout, field, isRequired, components };
}

function componentName({ typeName }: DescMessage): string {
  return OWN_NAMES.has(typeName) ? `message.${typeName}` : typeName;
}

function reference(component: string): JsonSchema {
  return { $ref: `#/components/schemas/${component}` };
}

/** A bound of a rule takes the place of the type's own on that side. */
function merged(schema: JsonSchema, keywords: JsonSchema): JsonSchema {
  const { minimum, maximum, ...rest } = schema as Readonly<Record<string, unknown>>;
  const { exclusiveMinimum, exclusiveMaximum } = keywords as Readonly<Record<string, unknown>>;
  return {
    ...rest,
    ...(minimum !== undefined && exclusiveMinimum === undefined && { minimum }),
    ...(maximum !== undefined && exclusiveMaximum === undefined && { maximum }),
    ...keywords,
  };
}

/** Of the fields of a oneof none or one. */
function atMostOne(names: readonly string[]): JsonSchema {
  const one = names.map((name) => ({ required: [name] }));
  return { oneOf: [...one, { not: { anyOf: one } }] };
}

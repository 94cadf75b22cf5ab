import { type DescField, getOption, hasOption, type Message } from "@bufbuild/protobuf";
import type { JsonStyle } from "@parley/core/json";
import { type FieldRules, field as rulesExtension } from "@parley/core/protos/buf/validate/validate_pb.js";
import type { JsonSchema } from "./json-schema.ts";

type Rules = Readonly<Record<string, unknown>>;

/** True if the contract demands the field: by `required`, or because no empty text or list is long enough. */
export function isRequired(field: DescField): boolean {
  const rules = rulesOf(field);
  if (!rules) return false;
  const { case: kind, value } = rules.type;
  const minimum = kind === "string" ? own(value, "minLen") : kind === "repeated" ? own(value, "minItems") : undefined;
  return rules.required || (typeof minimum === "bigint" && minimum > 0n);
}

/** The rules of a contract as JSON Schema keywords, as far as JSON Schema knows them. */
export function ruleKeywords(field: DescField, longs: JsonStyle["int64"]): JsonSchema {
  const rules = rulesOf(field);
  return rules ? keywordsOf(rules, longs) : {};
}

function rulesOf(field: DescField): FieldRules | undefined {
  return hasOption(field, rulesExtension) ? getOption(field, rulesExtension) : undefined;
}

function keywordsOf({ type }: FieldRules, longs: JsonStyle["int64"]): JsonSchema {
  switch (type.case) {
    case "string":
      return stringKeywords(type.value);
    case "repeated":
      return compact({
        minItems: count(type.value, "minItems"),
        maxItems: count(type.value, "maxItems"),
        uniqueItems: own(type.value, "unique"),
      });
    case "map":
      return compact({ minProperties: count(type.value, "minPairs"), maxProperties: count(type.value, "maxPairs") });
    case "int64":
    case "uint64":
    case "sint64":
    case "fixed64":
    case "sfixed64":
      return longs === "number" ? numberKeywords(type.value) : {};
    case "int32":
    case "uint32":
    case "sint32":
    case "fixed32":
    case "sfixed32":
    case "float":
    case "double":
      return numberKeywords(type.value);
    default:
      return {}; // bytes, times, durations, …: JSON Schema has no word for their rules
  }
}

/** Rules of protovalidate that JSON Schema has a format for. */
const FORMATS: Readonly<Record<string, string>> = {
  email: "email",
  hostname: "hostname",
  ipv4: "ipv4",
  ipv6: "ipv6",
  uri: "uri",
  uriRef: "uri-reference",
  uuid: "uuid",
};

function stringKeywords(rules: Message): JsonSchema {
  const { wellKnown } = rules as unknown as { wellKnown: { case?: string; value?: unknown } };
  const exact = count(rules, "len");
  const values = list(rules, "in");
  return compact({
    minLength: exact ?? count(rules, "minLen"),
    maxLength: exact ?? count(rules, "maxLen"),
    pattern: own(rules, "pattern"),
    const: own(rules, "const"),
    enum: values.length > 0 ? values : undefined,
    format: wellKnown.case && wellKnown.value === true ? FORMATS[wellKnown.case] : undefined,
  });
}

function numberKeywords(rules: Message): JsonSchema {
  const { greaterThan, lessThan } = rules as unknown as Record<string, { case?: string; value?: number | bigint }>;
  const values = list(rules, "in").map(Number);
  return compact({
    minimum: greaterThan?.case === "gte" ? Number(greaterThan.value) : undefined,
    exclusiveMinimum: greaterThan?.case === "gt" ? Number(greaterThan.value) : undefined,
    maximum: lessThan?.case === "lte" ? Number(lessThan.value) : undefined,
    exclusiveMaximum: lessThan?.case === "lt" ? Number(lessThan.value) : undefined,
    const: own(rules, "const") === undefined ? undefined : Number(own(rules, "const")),
    enum: values.length > 0 ? values : undefined,
  });
}

/** A rule that was set; protobuf-es keeps the defaults of the others on the prototype. */
function own(rules: Message | undefined, name: string): unknown {
  return rules && Object.hasOwn(rules, name) ? (rules as unknown as Rules)[name] : undefined;
}

function count(rules: Message, name: string): number | undefined {
  const value = own(rules, name);
  return value === undefined ? undefined : Number(value);
}

function list(rules: Message, name: string): unknown[] {
  return (own(rules, name) as unknown[] | undefined) ?? [];
}

function compact(keywords: JsonSchema): JsonSchema {
  return Object.fromEntries(Object.entries(keywords).filter(([, value]) => value !== undefined && value !== false));
}

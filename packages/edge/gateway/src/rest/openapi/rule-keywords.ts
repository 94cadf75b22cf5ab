import { type DescField, getOption, hasOption, type Message } from "@bufbuild/protobuf";
import type { JsonStyle } from "@parley/protobuf";
import { type FieldRules, field as rulesExtension } from "@parley/protobuf/protos/buf/validate/validate_pb.js";
import type { JsonSchema } from "./json-schema.ts";
import { longPattern } from "./scalar-schema.ts";

type Rules = Readonly<Record<string, unknown>>;

export function rulesOf(field: DescField): FieldRules | undefined {
  return hasOption(field, rulesExtension) ? getOption(field, rulesExtension) : undefined;
}

/** The rules of each element of a list. */
export function itemRulesOf(field: DescField): FieldRules | undefined {
  const type = rulesOf(field)?.type;
  return type?.case === "repeated" ? type.value.items : undefined;
}

/** The rules of a contract as JSON Schema keywords, as far as JSON Schema knows them. */
export function ruleKeywords(rules: FieldRules | undefined, longs: JsonStyle["int64"]): JsonSchema {
  return rules ? keywordsOf(rules, longs) : {};
}

/** The numbers of an enum's values that the rules leave. */
export function allowsNumber(rules: FieldRules | undefined): (number: number) => boolean {
  if (rules?.type.case !== "enum") return () => true;
  const { in: only, notIn } = rules.type.value;
  const fixed = own(rules.type.value, "const");
  return (number) =>
    (fixed === undefined || number === fixed) &&
    (only.length === 0 || only.includes(number)) &&
    !notIn.includes(number);
}

function keywordsOf({ type }: FieldRules, longs: JsonStyle["int64"]): JsonSchema {
  switch (type.case) {
    case "string":
      return stringKeywords(type.value);
    case "bool":
      return compact({ const: own(type.value, "const") });
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
      return longKeywords(type.value, longs, type.case.includes("u") || type.case === "fixed64" ? "uint64" : "int64");
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
  const [prefix, suffix, part] = ["prefix", "suffix", "contains"].map((name) => escaped(own(rules, name)));
  const patterns = [
    own(rules, "pattern"),
    prefix === undefined ? undefined : `^${prefix}`,
    suffix === undefined ? undefined : `${suffix}$`,
    part,
  ].filter((pattern) => pattern !== undefined);
  return compact({
    minLength: exact ?? count(rules, "minLen"),
    maxLength: exact ?? count(rules, "maxLen"),
    pattern: patterns.length === 1 ? patterns[0] : undefined,
    allOf: patterns.length > 1 ? patterns.map((pattern) => ({ pattern })) : undefined,
    const: own(rules, "const"),
    enum: values.length > 0 ? values : undefined,
    format: wellKnown.case && wellKnown.value === true ? FORMATS[wellKnown.case] : undefined,
  });
}

function escaped(text: unknown): string | undefined {
  return typeof text === "string" ? text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&") : undefined;
}

/** Of a text only whether zero and what is below it are allowed: a pattern of other bounds would be no help to a reader. */
function longKeywords(rules: Message, longs: JsonStyle["int64"], format: "int64" | "uint64"): JsonSchema {
  const keywords = numberKeywords(rules);
  if (longs === "number") return keywords;
  const { minimum, exclusiveMinimum } = keywords as Readonly<Record<string, number | undefined>>;
  const least = minimum !== undefined ? minimum : exclusiveMinimum !== undefined ? exclusiveMinimum + 1 : -1;
  const pattern = least >= 0 ? { pattern: longPattern(format, least > 0 ? 1 : 0) } : {};
  return longs === "auto" ? { ...keywords, ...pattern } : pattern;
}

function numberKeywords(rules: Message): JsonSchema {
  const { greaterThan, lessThan } = rules as unknown as Record<string, { case?: string; value?: number | bigint }>;
  const values = list(rules, "in").map(Number);
  const others = list(rules, "notIn").map(Number);
  return compact({
    minimum: greaterThan?.case === "gte" ? Number(greaterThan.value) : undefined,
    exclusiveMinimum: greaterThan?.case === "gt" ? Number(greaterThan.value) : undefined,
    maximum: lessThan?.case === "lte" ? Number(lessThan.value) : undefined,
    exclusiveMaximum: lessThan?.case === "lt" ? Number(lessThan.value) : undefined,
    const: own(rules, "const") === undefined ? undefined : Number(own(rules, "const")),
    enum: values.length > 0 ? values : undefined,
    not: others.length > 0 ? { enum: others } : undefined,
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

import { type DescField, ScalarType } from "@bufbuild/protobuf";
import type { JsonSchema } from "./json-schema.ts";

/** The schema of a field that must be given a value: its zero, which counts as none, is left out as well. */
export function demandValue(field: DescField, schema: JsonSchema): JsonSchema {
  if (field.fieldKind === "list") return atLeastOne("minItems", schema);
  if (field.fieldKind === "map") return atLeastOne("minProperties", schema);
  switch (field.scalar) {
    case ScalarType.STRING:
    case ScalarType.BYTES:
      return atLeastOne("minLength", schema);
    case ScalarType.BOOL:
      return { ...schema, const: true };
    case undefined:
      return schema; // an enum, which lists what it may be
    default:
      return withoutZero(schema);
  }
}

type Keywords = Readonly<Record<string, unknown>>;

function atLeastOne(keyword: "minItems" | "minProperties" | "minLength", schema: JsonSchema): JsonSchema {
  return { ...schema, [keyword]: Math.max(Number((schema as Keywords)[keyword] ?? 0), 1) };
}

function withoutZero(schema: JsonSchema): JsonSchema {
  const { minimum, exclusiveMinimum, maximum, exclusiveMaximum, not, type, pattern } = schema as Keywords;
  const isOut =
    Number(minimum) > 0 || Number(exclusiveMinimum) >= 0 || Number(maximum) < 0 || Number(exclusiveMaximum) <= 0;
  const isPositive = typeof pattern === "string" && !new RegExp(pattern).test("0");
  if (isOut || isPositive || not !== undefined) return schema;
  return {
    ...schema,
    not: type === "string" ? { enum: ["0", "-0"] } : { enum: type === undefined ? [0, "0", "-0"] : [0] },
  };
}

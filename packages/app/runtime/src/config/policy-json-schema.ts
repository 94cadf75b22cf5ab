import type { ScalarSpec, Spec } from "parleyjs/internal";
import { POLICY_SPEC } from "parleyjs/internal";
import { formatDefault } from "./read-scalar.ts";

type JsonSchema = { readonly [keyword: string]: unknown };

/** The JSON schema of a policy file, for editors. `policy.schema.json` holds its output. */
export function policyJsonSchema(): JsonSchema {
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "Parley policy file",
    ...jsonSchemaOf(POLICY_SPEC),
  };
}

function jsonSchemaOf(spec: Spec): JsonSchema {
  const about = { description: spec.about };
  switch (spec.kind) {
    case "section":
      return {
        ...about,
        type: ["object", "null"],
        properties: Object.fromEntries(Object.entries(spec.fields).map(([name, field]) => [name, jsonSchemaOf(field)])),
        additionalProperties: false,
      };
    case "entries":
      return { ...about, type: ["object", "null"], additionalProperties: jsonSchemaOf(spec.of) };
    case "list":
      return { ...about, type: "array", items: jsonSchemaOf(spec.of) };
    case "switch":
      return { ...about, anyOf: [{ const: spec.word }, { ...jsonSchemaOf(spec.or), type: "object" }] };
    default:
      return { ...about, ...scalarSchema(spec), ...defaultOf(spec) };
  }
}

function scalarSchema(spec: ScalarSpec): JsonSchema {
  switch (spec.kind) {
    case "duration":
      return { type: "string", pattern: "^\\d+(\\.\\d+)?(ms|s|m|h|d)$", examples: ["500ms", "3s"] };
    case "size":
      return { type: "string", pattern: "^\\d+(B|KiB|MiB|GiB)$", examples: ["64KiB", "4MiB"] };
    case "integer":
    case "number":
      return { type: spec.kind, minimum: spec.min, maximum: spec.max };
    case "choice":
      return { enum: spec.values };
    case "text":
      return { type: "string", pattern: "\\S" };
  }
}

function defaultOf(spec: ScalarSpec): JsonSchema {
  if (spec.default === undefined) return {};
  return {
    default:
      typeof spec.default === "number" && spec.kind !== "number" && spec.kind !== "integer"
        ? formatDefault(spec)
        : spec.default,
  };
}

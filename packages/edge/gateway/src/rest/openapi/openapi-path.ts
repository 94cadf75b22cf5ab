import type { DescField, DescMessage } from "@bufbuild/protobuf";
import type { JsonStyle } from "@parley/protobuf";
import { CONTRACT_NAMES, fieldNameOf } from "@parley/protobuf/internal";
import type { PathTemplate, PathVariable } from "../../kernel/path-template.ts";
import { resolveFieldPath } from "../http-rule/field-path.ts";

/** A path of the document. */
export interface OpenApiPath {
  /** `/v1/shelves/{name_1}/books/{name_2}`. */
  readonly text: string;
  /** The same for all templates that OpenAPI cannot tell apart: `/v1/shelves/{}/books/{}`. */
  readonly shape: string;
  readonly parameters: readonly PathParameter[];
}

export interface PathParameter {
  readonly name: string;
  /** The field it fills, alone or in part. */
  readonly field: DescField;
  readonly covers: "field" | "part";
}

/** Writes a template as OpenAPI knows it: a parameter stands for one segment, so a wider variable becomes several. */
export function openApiPath(template: PathTemplate, input: DescMessage, style: JsonStyle): OpenApiPath {
  const parameters: PathParameter[] = [];
  const parts = template.segments.map((segment, at) => {
    if (segment.kind === "literal") return encodeURIComponent(segment.text);
    const variable = template.variables.find(
      (other) => at >= other.start && at < (other.end ?? Number.POSITIVE_INFINITY),
    );
    const parameter = parameterOf(variable, at, input, style);
    if (parameter) parameters.push(parameter);
    return `{${parameter?.name ?? `segment_${at}`}}`;
  });
  const text = `/${parts.join("/")}${template.verb === undefined ? "" : `:${template.verb}`}`;
  return { text, shape: text.replace(/\{[^}]*\}/g, "{}"), parameters };
}

function parameterOf(
  variable: PathVariable | undefined,
  at: number,
  input: DescMessage,
  style: JsonStyle,
): PathParameter | undefined {
  const path = variable && resolveFieldPath(input, variable.fieldPath, CONTRACT_NAMES);
  const field = path?.at(-1);
  if (!variable || !path || !field) return undefined;
  const name = path.map((step) => fieldNameOf(step, style)).join(".");
  const whole = variable.single || (variable.end === undefined && variable.start === at);
  return { name: whole ? name : `${name}_${at - variable.start}`, field, covers: whole ? "field" : "part" };
}

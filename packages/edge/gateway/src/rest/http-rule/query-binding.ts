import type { DescField, DescMessage, Message } from "@bufbuild/protobuf";
import { invalidArgument } from "@parley/core";
import type { JsonStyle } from "@parley/protobuf";
import {
  assignField,
  fieldNameOf,
  fieldTextParser,
  fieldValue,
  holderOf,
  shorten,
  type TextParser,
} from "@parley/protobuf/internal";
import { parseQueryString } from "../../kernel/query-string.ts";
import { fieldPathText, resolveFieldPath } from "./field-path.ts";

/** Names that one route remembers; a client that makes names up cannot grow it further. */
const MAX_KNOWN_NAMES = 256;

interface Parameter {
  readonly path: readonly DescField[];
  /** The path in contract names: one for all its spellings. */
  readonly text: string;
  readonly parse: TextParser;
}

export interface QueryBindingOptions {
  readonly input: DescMessage;
  /** Contract paths of the fields that the URL's path or the body fills: they may not stand in the query as well. */
  readonly taken: readonly string[];
  readonly style: JsonStyle;
}

/**
 * Puts query parameters into a request: nested fields as `a.b=`, repeated ones by repeating the name. A parameter that
 * the contract does not know is refused by name, unless the style ignores it.
 */
export function createQueryBinding(options: QueryBindingOptions): (query: string, request: Message) => void {
  const { input, taken, style } = options;
  const known = new Map<string, Parameter>();

  function parameterOf(name: string): Parameter | undefined {
    if (name === "") throw invalidArgument({ field: "", description: "the query has a value without a name" });
    const path = resolveFieldPath(input, name, style);
    if (!path) {
      if (style.unknownFields === "ignore") return undefined;
      throw invalidArgument({ field: shorten(name), description: "is not a known query parameter" });
    }
    const text = fieldPathText(path);
    const owner = taken.find((other) => text === other || text.startsWith(`${other}.`));
    if (owner !== undefined)
      throw invalidArgument({ field: text, description: "cannot be given in the query as well" });
    const parse = fieldTextParser(path.at(-1) as DescField, style);
    if (!parse) throw invalidArgument({ field: text, description: "cannot be given in the query" });
    return { path, text, parse };
  }

  return (query, request) => {
    const seen = new Set<string>();
    for (const [name, value] of parseQueryString(query)) {
      const parameter = known.get(name) ?? parameterOf(name);
      if (!parameter) continue;
      if (known.size < MAX_KNOWN_NAMES) known.set(name, parameter);
      assignText(request, parameter, value, seen, style);
    }
  };
}

function assignText(request: Message, parameter: Parameter, text: string, seen: Set<string>, style: JsonStyle): void {
  const { path, text: name, parse } = parameter;
  const field = path.at(-1) as DescField;
  const refuse = (description: string): never => {
    throw invalidArgument({ field: name, description });
  };
  const value = parse(text, (description) => refuse(`${description}, got ${JSON.stringify(shorten(text))}`));
  for (const [at, step] of path.entries()) {
    const other = otherOfOneof(request, path.slice(0, at), step);
    if (other) refuse(`cannot be given together with ${fieldNameOf(other, style)}`);
  }
  const holder = holderOf(request, path);
  if (field.fieldKind === "list") {
    (fieldValue(holder, field) as unknown[]).push(value);
    return;
  }
  if (seen.has(name)) refuse("is given twice");
  seen.add(name);
  assignField(holder, field, value);
}

/** The field of the same oneof that is set already, where the way to a parameter passes through a oneof. */
function otherOfOneof(request: Message, way: readonly DescField[], step: DescField): DescField | undefined {
  if (!step.oneof) return undefined;
  let holder: Message | undefined = request;
  for (const field of way) holder = holder && (fieldValue(holder, field) as Message | undefined);
  return holder && step.oneof.fields.find((other) => other !== step && fieldValue(holder, other) !== undefined);
}

import { create, type DescField, type DescMessage, type Message } from "@bufbuild/protobuf";
import { invalidArgument } from "@parley/core";
import type { HttpBinding, JsonStyle } from "@parley/protobuf";
import {
  assignField,
  CONTRACT_NAMES,
  fieldTextParser,
  findField,
  holderOf,
  JsonReader,
  type MessageReaders,
  shorten,
} from "@parley/protobuf/internal";
import type { PathTemplate, PathVariable } from "../../kernel/path-template.ts";
import { pathValue } from "../../kernel/path-values.ts";
import { fieldPathText, resolveFieldPath } from "./field-path.ts";
import { type RawContent, rawRequest } from "./http-body.ts";
import { createQueryBinding } from "./query-binding.ts";
import { createUpdateMask } from "./update-mask.ts";

/** The parts of an HTTP request that a rule turns into a message. */
export interface RequestParts {
  /** The raw segments of the path. */
  readonly segments: readonly string[];
  /** What follows `?`, or the empty string. */
  readonly query: string;
  /** The body's text, or the empty string; what the body is, where it is no JSON. */
  readonly body: string | RawContent;
}

/** @throws ParleyError INVALID_ARGUMENT that names the field, in contract names. */
export type RequestBinding = (parts: RequestParts) => Message;

export interface RequestBindingOptions {
  readonly input: DescMessage;
  readonly binding: HttpBinding;
  readonly template: PathTemplate;
  readonly readers: MessageReaders;
  readonly style: JsonStyle;
}

/**
 * Compiles one rule: the body first, then the query, then the path, which wins over a body that repeats its fields.
 *
 * @throws TypeError if the rule names a field that the request does not have or that cannot be filled that way.
 */
export function createRequestBinding(options: RequestBindingOptions): RequestBinding {
  const { input, binding, template, readers, style } = options;
  const variables = template.variables.map((variable) => pathSetter(variable, options));
  const twice = variables.find(({ name }, at) => variables.findIndex((other) => other.name === name) !== at);
  if (twice) throw new TypeError(`path template ${template.text} binds ${twice.name} twice`);
  const ofRaw = rawRequest(input, binding);
  const ofJson = bodyReader(input, binding, readers);
  const taken = [
    ...variables.map(({ name }) => name),
    ...(binding.body && binding.body !== "*" ? [bodyField(input, binding.body).name] : []),
  ];
  const readQuery = binding.body === "*" ? refuseQuery(style) : createQueryBinding({ input, taken, style });
  const setUpdateMask = ofRaw ? undefined : createUpdateMask(input, binding, style);

  return ({ segments, query, body }) => {
    const request = typeof body === "string" ? ofJson(body) : (ofRaw?.(body) ?? create(input));
    if (query !== "") readQuery(query, request);
    if (typeof body === "string") setUpdateMask?.(body, request);
    for (const { set } of variables) set(request, segments);
    return request;
  };
}

function pathSetter(variable: PathVariable, { input, template, style }: RequestBindingOptions) {
  const path = resolveFieldPath(input, variable.fieldPath, CONTRACT_NAMES);
  const last = path?.at(-1);
  const parse = last && last.fieldKind !== "list" ? fieldTextParser(last, style) : undefined;
  if (!path || !last || !parse) {
    throw new TypeError(
      `path template ${template.text} binds ${variable.fieldPath}, ` +
        `which ${last ? "cannot be held by a path" : `is not a field of ${input.typeName}`}`,
    );
  }
  const name = fieldPathText(path);
  const set = (request: Message, segments: readonly string[]): void => {
    const text = pathValue(variable, segments);
    const value = parse(text, (description) => {
      throw invalidArgument({ field: name, description: `${description}, got ${JSON.stringify(shorten(text))}` });
    });
    assignField(holderOf(request, path), last, value);
  };
  return { name, set };
}

function bodyReader(input: DescMessage, binding: HttpBinding, readers: MessageReaders): (body: string) => Message {
  if (binding.body === undefined) return (body) => withoutBody(input, body);
  if (binding.body === "*") {
    const read = readers.message(input);
    return (body) => (body === "" ? create(input) : parse(body, read));
  }
  const field = bodyField(input, binding.body);
  const read = readers.field(field);
  return (body) => {
    const request = create(input);
    if (body !== "") parse(body, (json) => read(json, request));
    return request;
  };
}

function bodyField(input: DescMessage, name: string): DescField {
  const field = findField(input, name, CONTRACT_NAMES);
  if (!field) throw new TypeError(`the HTTP rule's body ${name} is not a field of ${input.typeName}`);
  return field;
}

function parse<T>(body: string, read: (json: JsonReader) => T): T {
  const json = new JsonReader(body);
  const value = read(json);
  json.readEnd();
  return value;
}

/** Many clients send `{}` with every POST, so that much is let through; anything else would be lost in silence. */
function withoutBody(input: DescMessage, body: string): Message {
  if (body.trim() !== "" && !/^\s*\{\s*\}\s*$/.test(body)) {
    throw invalidArgument({ field: "", description: "this request takes no body: leave it out" });
  }
  return create(input);
}

function refuseQuery(style: JsonStyle): (query: string) => void {
  return (query) => {
    if (style.unknownFields === "ignore") return;
    const name = /^[^=&]*/.exec(query)?.[0] ?? "";
    throw invalidArgument({ field: shorten(name), description: "is not a known query parameter" });
  };
}

import type { DescField, DescMessage } from "@bufbuild/protobuf";
import { CONTRACT_NAMES, fieldNameOf, findField, isBareMethod } from "@parley/protobuf/internal";
import { resolveFieldPath } from "../http-rule/field-path.ts";
import type { EdgeJsonStyle } from "../json-style.ts";
import type { ContractEndpoint } from "../rest-routes.ts";
import type { JsonSchema } from "./json-schema.ts";
import type { OpenApiPath } from "./openapi-path.ts";

/** One operation of the document, as links see it. */
export interface LinkedOperation {
  readonly operationId: string;
  readonly endpoint: ContractEndpoint;
  readonly path: OpenApiPath;
  /** The names of its path's parameters in the document. */
  readonly names: readonly string[];
}

/** A value in the JSON of an answer. */
interface Place {
  /** `/order/id`, as a JSON pointer. */
  readonly pointer: string;
  readonly field: DescField;
  readonly depth: number;
}

/** Answers are looked through so deep: what is made stands at the top, or in the field of a response. */
const MAX_DEPTH = 3;

/** By operation id: what an answer gives that other operations ask for in their path, or for a required id in their body. */
export type Links = (operation: LinkedOperation) => JsonSchema;

/**
 * Links between operations: a client, or a fuzzer, finds with them from what was made or listed to everything that can be done with it.
 * @see https://spec.openapis.org/oas/v3.1.1#link-object
 */
export function createLinks(operations: readonly LinkedOperation[], style: EdgeJsonStyle): Links {
  const places = new Map(operations.map((operation) => [operation, placesIn(operation.endpoint, style)]));
  const placesOf = (operation: LinkedOperation): readonly Place[] => places.get(operation) ?? [];

  /** The message whose field a parameter names: that of the answers at the same path. */
  function resourceOf(consumer: LinkedOperation, name: string): DescMessage | undefined {
    const { shape } = consumer.path;
    const beside = operations.filter((other) => other === consumer || other.path.shape === shape);
    const found = beside.flatMap(placesOf).filter(({ field }) => field.name === name);
    return found.sort((a, b) => a.depth - b.depth)[0]?.field.parent;
  }

  function valueFor(field: DescField, consumer: LinkedOperation, producer: LinkedOperation): string | undefined {
    const { name } = field;
    const resource = name.endsWith("_id") ? undefined : resourceOf(consumer, name);
    const found = placesOf(producer).find(({ field: own }) => {
      if (own.scalar !== field.scalar) return false;
      if (name.endsWith("_id"))
        return own.name === name || (own.name === "id" && snake(own.parent.name) === name.slice(0, -3));
      return own.name === name && own.parent === resource;
    });
    return found && `$response.body#${found.pointer}`;
  }

  function linkTo(consumer: LinkedOperation, producer: LinkedOperation): JsonSchema | undefined {
    const parameters: Record<string, string> = {};
    for (const [at, parameter] of consumer.path.parameters.entries()) {
      const value = valueFor(parameter.field, consumer, producer);
      if (value === undefined || parameter.covers === "part") return undefined;
      parameters[`path.${consumer.names[at] ?? parameter.name}`] = value;
    }
    const requestBody = bodyFor(consumer, producer);
    if (Object.keys(parameters).length === 0 && !requestBody) return undefined;
    const { operationId } = consumer;
    return {
      operationId,
      ...(Object.keys(parameters).length > 0 && { parameters }),
      ...(requestBody && { requestBody }),
    };
  }

  function bodyFor(consumer: LinkedOperation, producer: LinkedOperation): JsonSchema | undefined {
    const { method, binding, template } = consumer.endpoint;
    if (binding.body !== "*") return undefined;
    const taken = template.variables.map(({ fieldPath }) =>
      resolveFieldPath(method.input, fieldPath, CONTRACT_NAMES)?.at(-1),
    );
    const ids = method.input.fields.filter((field) => field.name.endsWith("_id") && !taken.includes(field));
    const values = ids.flatMap((field) => {
      const value = field.fieldKind === "scalar" ? valueFor(field, consumer, producer) : undefined;
      return value === undefined ? [] : [[fieldNameOf(field, style), value] as const];
    });
    return values.length > 0 ? Object.fromEntries(values) : undefined;
  }

  return (producer) => {
    const isMade = producer.endpoint.verb === "POST";
    const isListed = placesOf(producer).some(({ pointer }) => pointer.includes("/0/"));
    if (!isMade && !isListed) return {};
    const links = operations.flatMap((consumer) => {
      const link = consumer === producer ? undefined : linkTo(consumer, producer);
      return link ? [[consumer.operationId, link] as const] : [];
    });
    return Object.fromEntries(links);
  };
}

function placesIn({ method, binding }: ContractEndpoint, style: EdgeJsonStyle): readonly Place[] {
  if (method.methodKind !== "unary") return [];
  const prefix = style.envelope === "none" || isBareMethod(method) ? "" : "/data";
  const body =
    binding.responseBody === undefined ? undefined : findField(method.output, binding.responseBody, CONTRACT_NAMES);
  const places: Place[] = [];
  const look = (message: DescMessage, pointer: string, depth: number): void => {
    if (depth > MAX_DEPTH || message.typeName.startsWith("google.protobuf.")) return;
    for (const field of message.fields) {
      const own = `${pointer}/${fieldNameOf(field, style)}`;
      if (field.fieldKind === "scalar") places.push({ pointer: own, field, depth });
      else enter(field, own, depth + 1);
    }
  };
  const enter = (field: DescField, pointer: string, depth: number): void => {
    if (!field.message || field.fieldKind === "map") return;
    look(field.message, field.fieldKind === "list" ? `${pointer}/0` : pointer, depth);
  };
  if (body) enter(body, prefix, 1);
  else look(method.output, prefix, 1);
  return places;
}

/** `LineItem` as fields name it: `line_item`. */
function snake(name: string): string {
  return name.replace(/(?<=[a-z0-9])[A-Z]/g, (letter) => `_${letter}`).toLowerCase();
}

import type { DescMessage } from "@bufbuild/protobuf";
import { parsePathTemplate } from "../../kernel/path-template.ts";
import type { ContentDescription, PlainRoute, RouteDescription } from "../plain/plain-route.ts";
import { accessOf } from "../plain/plain-routes.ts";
import { failures, METHOD_STATUSES } from "./error-responses.ts";
import type { JsonSchema } from "./json-schema.ts";
import type { OperationContext } from "./openapi-operation.ts";

type Paths = Readonly<Record<string, JsonSchema>>;

/** Adds the described plain routes to the paths of the contracts; one that shares a path shares the names of its parameters too. */
export function withPlainRoutes(paths: Paths, routes: readonly PlainRoute[], context: OperationContext): Paths {
  const all: Record<string, JsonSchema> = { ...paths };
  for (const plain of routes) {
    const { describe, method, template } = plain;
    if (!describe || method === "*") continue;
    const path = pathOf(template);
    const text = Object.keys(all).find((other) => shapeOf(other) === shapeOf(path)) ?? path;
    all[text] = { ...all[text], [method.toLowerCase()]: operation(plain, describe, text, context) };
  }
  return all;
}

function operation(
  plain: PlainRoute,
  { summary, description, tags = ["Routes"], request, response }: RouteDescription,
  path: string,
  context: OperationContext,
): JsonSchema {
  const parameters = [...path.matchAll(/\{([^}]*)\}/g)].map(([, name]) => ({
    name,
    in: "path",
    required: true,
    schema: { type: "string", minLength: 1 },
  }));
  const { callers, roles } = accessOf(plain);
  const asksToken = context.security === "token" && callers === "known";
  const status = response?.status ?? 200;
  return {
    operationId: `${plain.method.toLowerCase()}${plain.template.replace(/[^A-Za-z0-9]+/g, "_").replace(/_$/, "")}`,
    tags,
    summary,
    ...(description && { description }),
    ...(parameters.length > 0 && { parameters }),
    ...(request && {
      requestBody: {
        required: true,
        ...(request.description && { description: request.description }),
        content: contentOf(request, context),
      },
    }),
    responses: {
      [status]: {
        description: response?.description ?? "OK.",
        ...(response && status !== 204 && { content: contentOf(response, context) }),
      },
      ...failures(METHOD_STATUSES),
    },
    ...(asksToken && { security: roles.length > 0 ? roles.map((role) => ({ bearer: [role] })) : [{ bearer: [] }] }),
  };
}

function contentOf({ contentType = "application/json", schema }: ContentDescription, context: OperationContext) {
  return { [contentType]: schema ? { schema: isMessage(schema) ? context.schemas.message(schema) : schema } : {} };
}

function isMessage(schema: NonNullable<ContentDescription["schema"]>): schema is DescMessage {
  return "kind" in schema && schema.kind === "message";
}

/** A template as OpenAPI writes paths: a variable keeps its name and loses its pattern. */
function pathOf(template: string): string {
  const { text } = parsePathTemplate(template);
  return text.replace(/\{([^=}]+)(?:=[^}]*)?\}/g, "{$1}");
}

function shapeOf(path: string): string {
  return path.replace(/\{[^}]*\}/g, "{}");
}

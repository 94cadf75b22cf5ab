import { type DescField, ScalarType } from "@bufbuild/protobuf";
import { accessRuleOf, successStatusOf } from "@parley/protobuf";
import { CONTRACT_NAMES, fieldNameOf, findField, isBareMethod } from "@parley/protobuf/internal";
import { resolveFieldPath } from "../http-rule/field-path.ts";
import { rawRequest, rawResponse } from "../http-rule/http-body.ts";
import { paginationOf } from "../http-rule/response-binding.ts";
import type { EdgeJsonStyle } from "../json-style.ts";
import type { ContractEndpoint } from "../rest-routes.ts";
import type { Comments } from "./comments.ts";
import { failures, METHOD_STATUSES } from "./error-responses.ts";
import type { JsonSchema } from "./json-schema.ts";
import { type OpenApiPath, openApiPath } from "./openapi-path.ts";
import { queryParametersOf } from "./query-parameters.ts";
import type { SchemaBuilder } from "./schema-builder.ts";

export interface OperationContext {
  readonly style: EdgeJsonStyle;
  readonly comments: Comments;
  readonly schemas: SchemaBuilder;
  /** Whether the gateway asks for tokens. */
  readonly security: "none" | "token";
}

/** Bytes of any type: `google.api.HttpBody`. */
const ANY_CONTENT = { "*/*": {} };

/** One operation of the document. `names` are the path parameters' names, which the first operation of a path decides; `links` are of its success. */
export function describeOperation(
  endpoint: ContractEndpoint,
  {
    operationId,
    names,
    links,
  }: { readonly operationId: string; readonly names: readonly string[]; readonly links: JsonSchema },
  context: OperationContext,
): JsonSchema {
  const { method } = endpoint;
  const comment = context.comments.get(`${method.parent.typeName}.${method.name}`);
  const { callers, roles } = accessRuleOf(method);
  const asksToken = context.security === "token" && callers === "known";
  const parameters = [...pathParameters(endpoint, names, context), ...queryParameters(endpoint, context)];
  return {
    operationId,
    tags: [method.parent.name],
    summary: comment?.split(/\n\s*\n|(?<=[.!?])\s/)[0]?.replace(/\s+/g, " ") ?? method.name,
    ...(comment && { description: comment }),
    ...(parameters.length > 0 && { parameters }),
    ...requestBody(endpoint, context),
    responses: responses(endpoint, context, links),
    // Alternatives, of which one is enough; the roles of a scheme that is not OAuth stand in its list (section 4.8.30).
    ...(asksToken && { security: roles.length > 0 ? roles.map((role) => ({ bearer: [role] })) : [{ bearer: [] }] }),
  };
}

/** The path of an endpoint as OpenAPI writes it. */
export function pathOf({ template, method }: ContractEndpoint, style: EdgeJsonStyle): OpenApiPath {
  return openApiPath(template, method.input, style);
}

function pathParameters(endpoint: ContractEndpoint, names: readonly string[], context: OperationContext): JsonSchema[] {
  return pathOf(endpoint, context.style).parameters.map(({ name, field, covers }, at) => {
    const { description, ...schema } =
      covers === "field" ? context.schemas.field(field) : { type: "string", minLength: 1 };
    return {
      name: names[at] ?? name,
      in: "path",
      required: true,
      ...(typeof description === "string" && { description }),
      schema: field.scalar === ScalarType.STRING ? { ...schema, minLength: lengthOf(schema) } : schema,
    };
  });
}

/** A segment of a path is never empty. */
function lengthOf(schema: JsonSchema): number {
  return Math.max(1, Number((schema as Readonly<Record<string, unknown>>).minLength ?? 1));
}

function queryParameters(endpoint: ContractEndpoint, { style, schemas }: OperationContext): JsonSchema[] {
  const { method, binding } = endpoint;
  if (binding.body === "*") return [];
  return queryParametersOf(method.input, takenFields(endpoint), style).map(({ name, field, depth }) => {
    const { description, ...schema } = schemas.field(field) as JsonSchema & { description?: string };
    return {
      name,
      in: "query",
      // One within a message is needed only if that message is there.
      ...(depth === 1 && schemas.isRequired(field) && { required: true }),
      ...(description && { description }),
      schema,
    };
  });
}

/** The fields that the path and the body fill. */
function takenFields({ method, template, binding }: ContractEndpoint): readonly DescField[] {
  const ofPath = template.variables.map(({ fieldPath }) =>
    resolveFieldPath(method.input, fieldPath, CONTRACT_NAMES)?.at(-1),
  );
  const ofBody =
    binding.body && binding.body !== "*" ? findField(method.input, binding.body, CONTRACT_NAMES) : undefined;
  return [...ofPath, ofBody].filter((field) => field !== undefined);
}

function requestBody(endpoint: ContractEndpoint, { schemas }: OperationContext): JsonSchema {
  const { method, binding } = endpoint;
  if (binding.body === undefined) return {};
  if (rawRequest(method.input, binding)) return { requestBody: { required: false, content: ANY_CONTENT } };
  const taken = takenFields(endpoint);
  const field = binding.body === "*" ? undefined : findField(method.input, binding.body, CONTRACT_NAMES);
  const schema = field
    ? schemas.field(field)
    : taken.length > 0
      ? schemas.messageWithout(method.input, taken)
      : schemas.message(method.input);
  const required = field
    ? schemas.isRequired(field)
    : method.input.fields.some((other) => !taken.includes(other) && schemas.isRequired(other));
  return { requestBody: { required, content: { "application/json": { schema } } } };
}

/** Each status that can come by its name, and no `default`, which would allow any. */
function responses(endpoint: ContractEndpoint, context: OperationContext, links: JsonSchema): JsonSchema {
  const status = successStatusOf(endpoint.method);
  const answer = success(endpoint, status, context);
  return {
    [status]: Object.keys(links).length > 0 ? { ...answer, links } : answer,
    ...failures(METHOD_STATUSES),
  };
}

function success(
  { method, binding }: ContractEndpoint,
  status: number,
  { style, schemas }: OperationContext,
): JsonSchema {
  if (status === 204) return { description: "Done." };
  if (rawResponse(method.output, binding)) return { description: "The content itself.", content: ANY_CONTENT };
  const field =
    binding.responseBody === undefined ? undefined : findField(method.output, binding.responseBody, CONTRACT_NAMES);
  const body = field ? schemas.field(field) : schemas.message(method.output);
  if (method.methodKind === "server_streaming") {
    const content = { schema: body };
    return {
      description: "A stream of these, one per line or event.",
      content: { "application/x-ndjson": content, "text/event-stream": content },
    };
  }
  const pagination = paginationOf(method.output, binding, style);
  const schema =
    style.envelope === "none" || isBareMethod(method)
      ? body
      : {
          type: "object",
          properties: {
            data: body,
            ...(pagination && { [fieldNameOf(pagination, style)]: schemas.field(pagination) }),
          },
          required: ["data"],
        };
  return { description: status === 201 ? "Created." : "OK.", content: { "application/json": { schema } } };
}

import type { EdgeJsonStyle } from "../json-style.ts";
import type { PlainRoute } from "../plain/plain-route.ts";
import type { ContractEndpoint } from "../rest-routes.ts";
import { readComments } from "./comments.ts";
import { errorResponses } from "./error-responses.ts";
import type { JsonSchema } from "./json-schema.ts";
import { createLinks, type LinkedOperation } from "./openapi-links.ts";
import { describeLive, type LiveDocumentOptions } from "./openapi-live.ts";
import { describeOperation, type OperationContext, pathOf } from "./openapi-operation.ts";
import type { OpenApiOptions } from "./openapi-options.ts";
import { withPlainRoutes } from "./openapi-plain.ts";
import { createSchemaBuilder } from "./schema-builder.ts";

export interface OpenApiDocumentOptions extends OpenApiOptions {
  readonly contract: readonly ContractEndpoint[];
  readonly style: EdgeJsonStyle;
  readonly security: "none" | "token";
  /** Routes beside those of the contract; the described ones are shown. */
  readonly routes?: readonly PlainRoute[];
  /** Absent where the gateway has no live events. */
  readonly live?: LiveDocumentOptions | undefined;
}

/** The methods a path item may have; a rule with another HTTP method cannot be described. */
const METHODS = new Set(["GET", "PUT", "POST", "DELETE", "OPTIONS", "HEAD", "PATCH", "TRACE"]);

/**
 * The contract as an OpenAPI 3.1 document, in the naming and the error style of the edge.
 * @see https://spec.openapis.org/oas/v3.1.1
 */
export function createOpenApiDocument(options: OpenApiDocumentOptions): JsonSchema {
  const { title, version, description, contract, style, security, live } = options;
  const comments = readComments(options.descriptors);
  const schemas = createSchemaBuilder(style, comments);
  const context: OperationContext = { style, comments, schemas, security };
  const services = [...new Set(contract.map(({ method }) => method.parent))];
  return {
    openapi: "3.1.1",
    info: { title, version, ...(description && { description }) },
    servers: [{ url: "/" }],
    tags: services.map((service) => {
      const comment = comments.get(service.typeName);
      return { name: service.name, ...(comment && { description: comment }) };
    }),
    paths: {
      ...withPlainRoutes(describePaths(contract, context), options.routes ?? [], context),
      ...(live && describeLive(live, context)),
    },
    components: {
      schemas: { ...schemas.components, Error: errorSchema(style) },
      responses: errorResponses({ $ref: "#/components/schemas/Error" }),
      ...(security === "token" && {
        securitySchemes: { bearer: { type: "http", scheme: "bearer", bearerFormat: "JWT" } },
      }),
    },
  };
}

interface PathItem {
  readonly text: string;
  /** Of its parameters. */
  readonly names: readonly string[];
  readonly item: Record<string, unknown>;
}

/** Paths that differ only in the names of their parameters are one path: the first decides the names. */
function describePaths(
  contract: readonly ContractEndpoint[],
  context: OperationContext,
): Readonly<Record<string, JsonSchema>> {
  const paths = new Map<string, PathItem>();
  const ids = new Map<string, number>();
  const operations = contract.flatMap((endpoint): LinkedOperation[] => {
    if (!METHODS.has(endpoint.verb)) return [];
    const path = pathOf(endpoint, context.style);
    const { names } = paths.get(path.shape) ?? { names: path.parameters.map(({ name }) => name) };
    if (!paths.has(path.shape)) paths.set(path.shape, { text: path.text, names, item: {} });
    const { method } = endpoint;
    const id = `${method.parent.name}_${method.name}`;
    const use = (ids.get(id) ?? 0) + 1;
    ids.set(id, use);
    return [{ operationId: use === 1 ? id : `${id}_${use}`, endpoint, path, names }];
  });
  const linksOf = createLinks(operations, context.style);
  for (const operation of operations) {
    const { operationId, endpoint, path, names } = operation;
    const item = paths.get(path.shape)?.item ?? {};
    const links = linksOf(operation);
    item[endpoint.verb.toLowerCase()] = describeOperation(endpoint, { operationId, names, links }, context);
  }
  return Object.fromEntries([...paths.values()].map(({ text, item }) => [text, item]));
}

function errorSchema(style: EdgeJsonStyle): JsonSchema {
  const error =
    style.errors === "message"
      ? { type: "string", description: "What went wrong, for a person." }
      : {
          type: "object",
          properties: {
            code: { type: "string", description: "What went wrong, for a program.", examples: ["VALIDATION_ERROR"] },
            message: { type: "string" },
            details: {
              type: "array",
              items: {
                type: "object",
                properties: { field: { type: "string" }, message: { type: "string" } },
                required: ["field", "message"],
                additionalProperties: false,
              },
            },
          },
          required: ["code", "message"],
          additionalProperties: false,
        };
  return { type: "object", properties: { error }, required: ["error"], additionalProperties: false };
}

import { create, type DescService, type Message } from "@bufbuild/protobuf";
import { type Call, Metadata } from "@parley/core";
import { createGateway, type Gateway, type GatewayOptions } from "@parley/gateway";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LibraryService } from "./gen/everything_pb.ts";
import { OddService } from "./gen/odd_pb.ts";
import { brokenInstances, brokenValues, resolverOf, type Schema, validInstances } from "./support/schema-instances.ts";
import { systemServices } from "./support/system-services.ts";

/** A gateway whose backend answers anything, so that what is refused is refused by the contract. */
function gatewayOf(services: readonly DescService[], options: Partial<GatewayOptions> = {}): Gateway {
  const [header, trailer] = [new Metadata(), new Metadata()];
  const call = async ({ operation }: Call) => {
    const method = services
      .flatMap(({ methods }) => methods)
      .find(({ name, parent }) => operation.path === `/${parent.typeName}/${name}`);
    const message: Message = create((method as DescService["methods"][number]).output);
    if (method?.methodKind !== "server_streaming") return { streaming: false, header, trailer, message } as const;
    return { streaming: true, header, trailer, messages: only(message) } as const;
  };
  const channel = { target: "any:1", close: async () => {}, call };
  const backend = { name: "any-service", service: services, channel, probe: async () => "serving" as const };
  return createGateway({ backends: [backend], openapi: { title: "Any", version: "1" }, ...options });
}

async function* only(message: Message): AsyncIterable<Message> {
  yield message;
}

interface Parameter {
  readonly name: string;
  readonly in: "path" | "query";
  readonly required?: boolean;
  readonly schema: Schema;
}

interface Operation {
  readonly id: string;
  readonly verb: string;
  readonly path: string;
  readonly parameters: readonly Parameter[];
  readonly body: Schema | undefined;
  readonly statuses: readonly string[];
}

interface Request {
  readonly path: Record<string, unknown>;
  readonly query: Record<string, unknown>;
  readonly body: unknown;
}

interface DescribedOperation {
  readonly operationId: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
  readonly responses: object;
}

async function documentOf(gateway: Gateway) {
  const document = (await gateway.inject("/docs/openapi.json")).json();
  const operations: Operation[] = [];
  for (const [path, item] of Object.entries<Record<string, DescribedOperation>>(document.paths)) {
    for (const [verb, { operationId: id, parameters = [], requestBody, responses }] of Object.entries(item)) {
      const body = requestBody?.content["application/json"]?.schema;
      operations.push({ id, verb: verb.toUpperCase(), path, parameters, body, statuses: Object.keys(responses) });
    }
  }
  return { document, operations, resolve: resolverOf(document) };
}

function requestsOf({ parameters, body }: Operation, resolve: (schema: Schema) => Schema): fc.Arbitrary<Request> {
  const group = (place: "path" | "query") => {
    const own = parameters.filter((parameter) => parameter.in === place);
    const model = Object.fromEntries(own.map(({ name, schema }) => [name, validInstances(schema, resolve)]));
    const requiredKeys = own.filter(({ required }) => required).map(({ name }) => name);
    return fc.record(model, { requiredKeys });
  };
  return fc.record({
    path: group("path"),
    query: group("query"),
    body: body ? validInstances(body, resolve) : fc.constant(undefined),
  }) as fc.Arbitrary<Request>;
}

async function send(gateway: Gateway, { verb, path }: Operation, request: Request) {
  const text = path.replace(/\{([^}]+)\}/g, (_, name: string) => encodeURIComponent(String(request.path[name])));
  const pairs = Object.entries(request.query).flatMap(([name, value]) =>
    [value].flat().map((one) => `${encodeURIComponent(name)}=${encodeURIComponent(String(one))}`),
  );
  const url = pairs.length > 0 ? `${text}?${pairs.join("&")}` : text;
  const content = request.body === undefined ? {} : { payload: JSON.stringify(request.body) };
  const headers = request.body === undefined ? {} : { "content-type": "application/json" };
  const { statusCode, body } = await gateway.inject({ method: verb as never, url, headers, ...content });
  return { statusCode, shown: `${verb} ${url} ${content.payload ?? ""}\n${statusCode} ${body}` };
}

/** A query cannot say that of two parameters only one may be given. */
const EXCLUSIVE = new Set(["orderBy", "newestFirst", "order_by", "newest_first"]);

const CONTRACTS: readonly (readonly [string, () => readonly DescService[], Partial<GatewayOptions>])[] = [
  ["one rule of every kind", () => [LibraryService], {}],
  [
    "one rule of every kind, in another style",
    () => [LibraryService],
    { json: { fieldNames: "proto", int64: "number", enumNames: "short", envelope: "data", errors: "detailed" } },
  ],
  ["what contracts may hold and few do", () => [OddService], {}],
  ["the orders system", () => systemServices("orders/gen"), {}],
  [
    "the gradeloop system",
    () => systemServices("gradeloop/shared/protos/gen/ts"),
    { json: { fieldNames: "proto", int64: "number", envelope: "data" } },
  ],
];

describe.each(CONTRACTS)("property: the document and the gateway agree, %s", (_name, services, options) => {
  test("what it allows is taken, what it forbids is refused, and each status is named", async () => {
    const gateway = gatewayOf(services(), options);
    const { operations, resolve } = await documentOf(gateway);
    for (const operation of operations) {
      expect(operation.statuses).not.toContain("default");
      // Of GET /v1/echo, each parameter is tried by itself below.
      const isFree = operation.parameters.filter((it) => it.in === "query").length > 20;
      const requests = requestsOf(operation, resolve).map(({ path, query, body }) => {
        const kept = Object.entries(query).filter(([name], at) => !EXCLUSIVE.has(name) && !(isFree && at > 0));
        return { path, query: Object.fromEntries(kept), body };
      });
      await fc.assert(
        fc.asyncProperty(requests, async (request) => {
          const taken = await send(gateway, operation, request);
          expect(taken.statusCode, taken.shown).toBeLessThan(300);
          expect(operation.statuses).toContain(String(taken.statusCode));
        }),
        { numRuns: 5 },
      );
      for (const request of fc.sample(requests, 1)) {
        for (const broken of brokenRequests(operation, request, resolve)) {
          const refused = await send(gateway, operation, broken.request);
          expect(refused.statusCode, `${operation.id} ${broken.how}\n${refused.shown}`).toBe(400);
        }
      }
    }
  }, 60_000);
});

function brokenRequests({ parameters, body }: Operation, request: Request, resolve: (schema: Schema) => Schema) {
  const ofBody = body ? resolve(body) : undefined;
  const bodies =
    ofBody?.type === "object" && ofBody.properties
      ? brokenInstances(ofBody, (request.body ?? {}) as Record<string, unknown>, resolve)
      : [];
  const queries = parameters
    .filter((parameter) => parameter.in === "query")
    .flatMap(({ name, required, schema }) => {
      const { [name]: _, ...rest } = request.query;
      const missing = required ? [{ how: `without ?${name}`, query: rest }] : [];
      const texts = brokenValues(resolve(schema)).filter((value) => typeof value !== "object" && value !== "");
      const isList = resolve(schema).type === "array";
      return [
        ...missing,
        ...(isList
          ? []
          : texts.map((value) => ({ how: `with ?${name}=${value}`, query: { ...request.query, [name]: value } }))),
      ];
    });
  return [
    ...bodies.map(({ how, instance }) => ({ how, request: { ...request, body: instance } })),
    ...queries.map(({ how, query }) => ({ how, request: { ...request, query } })),
    { how: "with an unknown parameter", request: { ...request, query: { ...request.query, "no-such": "1" } } },
  ];
}

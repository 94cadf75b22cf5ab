import { readFileSync } from "node:fs";
import { createGateway } from "@parley/gateway";
import { Validator } from "@seriousme/openapi-schema-validator";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { createEventLogs } from "./support/event-logs.ts";
import { libraryBackend, openLibrary } from "./support/library.ts";
import { openLive } from "./support/live.ts";
import { openOdd } from "./support/odd.ts";
import { systemServices } from "./support/system-services.ts";

const descriptors = readFileSync(new URL("./gen/descriptors.binpb", import.meta.url));
const openapi = { title: "Library", version: "1.2.3", descriptors };

async function documentOf(options: Parameters<typeof openLibrary>[0] = {}) {
  const response = await openLibrary({ openapi, ...options }).gateway.inject("/docs/openapi.json");
  expect(response.statusCode).toBe(200);
  return response.json();
}

async function ordersDocument() {
  const backend = { ...libraryBackend(), service: systemServices("orders/gen") };
  return (await createGateway({ backends: [backend], openapi }).inject("/docs/openapi.json")).json();
}

describe("the OpenAPI document", () => {
  test.each([
    {},
    { json: { fieldNames: "proto", int64: "number", envelope: "data", errors: "detailed", enumNames: "short" } },
    { basePath: "/api/v1" },
  ] as const)("is valid OpenAPI 3.1 with %j", async (options) => {
    const document = await documentOf(options);
    const result = await new Validator().validate(document);
    expect(result.errors).toBeUndefined();
    expect(result.valid).toBe(true);
  });

  test("carries rules, comments, status, parameters and streams", async () => {
    const { paths, components, info } = await documentOf();
    expect(info).toEqual({ title: "Library", version: "1.2.3" });
    expect(components.schemas["everything.v1.NewBook"]).toEqual({
      type: "object",
      description: "What is known of a book before it has an id.",
      properties: {
        name: {
          type: "string",
          minLength: 2,
          maxLength: 40,
          pattern: "^[A-Z]",
          description: "The title on the cover.",
        },
        contactEmail: { type: "string", format: "email" },
        tags: { type: "array", items: { type: "string" }, maxItems: 3, uniqueItems: true },
      },
      required: ["name"],
      additionalProperties: false,
    });
    const create = paths["/v1/shelves/{shelfId}/books"].post;
    const failures = [400, 401, 403, 404, 408, 409, 413, 415, 422, 429, 431, 499, 500, 501, 503, 504];
    expect(Object.keys(create.responses)).toEqual(["201", ...failures.map(String)]);
    expect(create.parameters.map((parameter: { name: string }) => parameter.name)).toEqual(["shelfId", "dryRun"]);
    expect(create.requestBody.required).toBe(true);
    const list = paths["/v1/books"].get;
    expect(list.parameters.find((parameter: { name: string }) => parameter.name === "pageSize").schema).toEqual({
      type: "integer",
      format: "int32",
      minimum: 0,
      maximum: 100,
    });
    expect(list.parameters.map((parameter: { name: string }) => parameter.name)).toContain("author.fullName");
    const read = paths["/v1/shelves/{name_1}/books/{name_3}"].get;
    expect(read).toMatchObject({ summary: "Reads a book.", operationId: "LibraryService_GetBook" });
    expect(Object.keys(paths["/v1/books:watch"].get.responses[200].content)).toEqual([
      "application/x-ndjson",
      "text/event-stream",
    ]);
    expect(paths["/v1/books/{name}"].put.parameters[0]).toMatchObject({ name: "name", schema: { type: "integer" } });
  });

  test("keeps a message Error of no package apart from its own", async () => {
    const document = (await openOdd({ openapi }).gateway.inject("/docs/openapi.json")).json();
    expect((await new Validator().validate(document)).errors).toBeUndefined();
    const { schemas } = document.components;
    expect(schemas.Error.required).toEqual(["error"]);
    expect(Object.keys(schemas["message.Error"].properties)).toEqual(["line"]);
    const content = document.paths["/v1/failures"].get.responses[200].content["application/json"];
    expect(content.schema).toEqual({ $ref: "#/components/schemas/message.Error" });
  });

  test("demands what has no zero, lists no value that is refused, and links what is made to what can be done with it", async () => {
    const document = await ordersDocument();
    expect((await new Validator().validate(document)).errors).toBeUndefined();
    const { components, paths } = document;
    expect(components.schemas["orders.v1.CreateOrderRequest"]).toMatchObject({
      required: ["userId", "items"],
      properties: { userId: { exclusiveMinimum: 0 }, items: { minItems: 1 } },
      additionalProperties: false,
    });
    expect(components.schemas["orders.v1.OrderItem"]).toMatchObject({
      required: ["productName", "quantity", "price"],
      properties: { productName: { minLength: 1, maxLength: 200 }, price: { minimum: 0 } },
    });
    const { status } = paths["/orders/{id}/status"].patch.requestBody.content["application/json"].schema.properties;
    expect(status.enum).toEqual(["PENDING", "CONFIRMED", "SHIPPED", "DELIVERED", "CANCELLED"]);
    expect(components.schemas["orders.v1.OrderStatus"].enum[0]).toBe("ORDER_STATUS_UNSPECIFIED");
    expect(paths["/orders"].post.responses[201].links).toMatchObject({
      OrderService_GetOrder: {
        operationId: "OrderService_GetOrder",
        parameters: { "path.id": "$response.body#/order/id" },
      },
      OrderService_UpdateOrderStatus: { parameters: { "path.id": "$response.body#/order/id" } },
    });
    expect(paths["/users"].post.responses[201].links).toMatchObject({
      UserService_DeleteUser: { parameters: { "path.id": "$response.body#/user/id" } },
      OrderService_ListUserOrders: { parameters: { "path.userId": "$response.body#/user/id" } },
      OrderService_CreateOrder: { requestBody: { userId: "$response.body#/user/id" } },
    });
    expect(paths["/users/{id}"].get.responses[200].links).toBeUndefined();
  });

  test("is the same as YAML, and has a page to try it that asks no other host", async () => {
    const { gateway } = openLibrary({ openapi });
    const yaml = await gateway.inject("/docs/swagger.yaml");
    expect(parse(yaml.body)).toEqual(await documentOf());
    const page = await gateway.inject("/docs");
    expect(page.headers["content-type"]).toContain("text/html");
    expect(page.headers["content-security-policy"]).toContain("script-src 'self'");
    for (const [, url = ""] of page.body.matchAll(/(?:src|href)="([^"]+)"/g)) {
      expect((await gateway.inject(url)).statusCode, url).toBe(200);
    }
  });

  test("describes live events: the stream with what each event carries, and the WebSocket", async () => {
    const { gateway } = await openLive(createEventLogs(), {}, { openapi, basePath: "/api/v1" });
    const document = (await gateway.inject("/docs/openapi.json")).json();
    expect((await new Validator().validate(document)).errors).toBeUndefined();
    const { get: stream } = document.paths["/api/v1/events"];
    const [events] = stream.parameters;
    expect(events.schema.items.enum).toEqual(["books.added", "authors.added"]);
    const { oneOf } = stream.responses[200].content["text/event-stream"].schema;
    expect(oneOf.at(-1)).toMatchObject({ required: ["code", "reason"] }); // of an `event: reset`
    expect(oneOf[0].properties).toMatchObject({
      event: { const: "books.added" },
      data: { $ref: "#/components/schemas/everything.v1.Book" },
    });
    expect(document.components.schemas["everything.v1.Book"]).toBeDefined();
    expect(Object.keys(document.paths["/api/v1/ws"].get.responses)).toContain("101");
    const none = await documentOf({ basePath: "/api/v1" });
    expect(none.paths["/api/v1/events"]).toBeUndefined();
  });

  test("says which operations need a token", async () => {
    const { gateway } = openLibrary({ openapi, auth: { secret: "s".repeat(32) }, publicPaths: ["/docs/*"] });
    const { paths, components } = (await gateway.inject("/docs/openapi.json")).json();
    expect(components.securitySchemes.bearer.scheme).toBe("bearer");
    expect(paths["/v1/books"].get.security).toEqual([{ bearer: [] }]);
    expect(paths["/v1/books/featured"].get.security).toBeUndefined();
  });
});

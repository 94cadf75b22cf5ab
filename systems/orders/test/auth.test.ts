import { createChannel, createClient } from "@parley/rpc";
import { Metadata } from "parleyjs";
import { afterAll, describe, expect, test } from "vitest";
import { UserService } from "../gen/users/v1/users_pb.ts";
import { startOrders } from "./support/orders-system.ts";
import { restOf } from "./support/rest.ts";
import { uniqueEmail } from "./support/shop.ts";
import { tokenOf } from "./support/token.ts";

const secret = "a secret that is long enough for HS256";
const system = await startOrders({ env: { JWT_SECRET: secret } });
afterAll(() => system[Symbol.asyncDispose]());
const rest = restOf(system.addressOf("api-gateway"));
const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });

const good = tokenOf({ secret });
const [header, claims] = good.split(".");
const HOUR_SECONDS = 3_600;
const nowSeconds = Math.floor(Date.now() / 1_000);

const UNAUTHORIZED = { status: 401, json: { error: "Unauthorized" } };
const FORBIDDEN = { status: 403, json: { error: "Forbidden" } };

describe("every route but /health and the documentation page asks for a token", () => {
  test.each([
    "GET /users",
    "POST /users",
    "GET /users/1",
    "PUT /users/1",
    "DELETE /users/1",
    "GET /users/1/orders",
    "GET /orders",
    "POST /orders",
    "GET /orders/1",
    "PATCH /orders/1/status",
    "GET /openapi.json",
    "GET /metrics",
    "GET /nothing",
    "DELETE /users",
  ])("%s", async (line) => {
    expect(await rest(line)).toMatchObject(UNAUTHORIZED);
  });

  test("/docs is open", async () => {
    expect(await rest("GET /docs")).toMatchObject({ status: 200 });
    expect(await rest("GET /docs/openapi.json")).toMatchObject({ status: 200 });
  });

  test("/health is open", async () => {
    expect(await rest("GET /health")).toMatchObject({ status: 200, json: { status: "ok" } });
  });
});

test("another scheme is no token", async () => {
  const headers = { authorization: "Basic YWRhOnNlY3JldA==" };
  expect(await rest("GET /users", { headers })).toMatchObject(UNAUTHORIZED);
});

test("a token may be sent bare, and is good or bad as with its scheme", async () => {
  expect(await rest("GET /users", { headers: { authorization: good } })).toMatchObject({ status: 200 });
  expect(await rest("GET /users", { headers: { authorization: "secret" } })).toMatchObject(FORBIDDEN);
});

test.each([
  ["not a token", "secret"],
  ["expired", tokenOf({ secret, claims: { exp: nowSeconds - HOUR_SECONDS } })],
  ["not valid yet", tokenOf({ secret, claims: { nbf: nowSeconds + HOUR_SECONDS } })],
  ["signed with another secret", tokenOf({ secret: "another secret that is long enough too" })],
  ["not signed (alg none)", tokenOf({ secret, algorithm: "none" })],
  ["without its signature", `${header}.${claims}.`],
  [
    "with changed claims",
    `${header}.${tokenOf({ secret, claims: { sub: "eve" } }).split(".")[1]}.${good.split(".")[2]}`,
  ],
])("a bad token is refused: %s", async (_, token) => {
  expect(await rest("GET /users", bearer(token))).toMatchObject(FORBIDDEN);
});

test("a bad token stores nothing", async () => {
  const email = uniqueEmail();
  const body = { name: "Eve", email };
  expect(await rest("POST /users", { body, ...bearer("bad") })).toMatchObject(FORBIDDEN);
  expect(await rest("POST /users", { body, ...bearer(good) })).toMatchObject({ status: 201 });
});

test("past the gateway a service asks for the same token, and knows the same user", async () => {
  const channel = createChannel({ target: system.addressOf("user-service") });
  const users = createClient(UserService, channel);
  await expect(users.listUsers({})).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
  for (const authorization of [`Bearer ${good}`, good]) {
    const metadata = new Metadata([["authorization", authorization]]);
    expect(await users.listUsers({}, { metadata })).toMatchObject({ users: expect.any(Array) });
  }
  await channel.close();
});

test("a good token opens the door, to the services behind it too", async () => {
  const { status, json } = await rest("POST /users", { body: { name: "Ada", email: uniqueEmail() }, ...bearer(good) });
  expect(status).toBe(201);
  const { id } = (json as { user: { id: number } }).user;
  const items = [{ productName: "Pencil", quantity: 1, price: 0.1 }];
  expect(await rest("POST /orders", { body: { userId: id, items }, ...bearer(good) })).toMatchObject({ status: 201 });
  expect(await rest("GET /docs", bearer(good))).toMatchObject({ status: 200 });
  expect(await rest("GET /metrics", bearer(good))).toMatchObject({ status: 404 }); // not for every user
});

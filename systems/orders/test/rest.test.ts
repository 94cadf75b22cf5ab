import { afterAll, describe, expect, test } from "vitest";
import { startOrders } from "./support/orders-system.ts";
import { type RestRequest, restOf } from "./support/rest.ts";
import { type Order, placeOrder, register, TIMESTAMP, type User, uniqueEmail } from "./support/shop.ts";

const system = await startOrders();
afterAll(() => system[Symbol.asyncDispose]());
const rest = restOf(system.addressOf("api-gateway"));

const NEXT_INT32 = 2 ** 31;
const item = (change: object = {}) => ({ productName: "Pencil", quantity: 1, price: 0.1, ...change });
const text = (json: string): RestRequest => ({ text: json });

describe("what cannot be done is refused, with its reason", () => {
  const user = (change: object) => ({ body: { name: "Ada", email: "refused@example.com", ...change } });
  const order = (change: object) => ({ body: { userId: 1, items: [item()], ...change } });
  const ofItem = (change: object) => order({ items: [item(change)] });
  const status = (value: unknown) => ({ body: { status: value } });

  const REFUSALS: readonly (readonly [line: string, request: RestRequest, status: number, error: string])[] = [
    // a field that is missing, or breaks its rule
    ["POST /users", { body: { name: "Ada" } }, 400, "email is required"],
    ["POST /users", { body: {} }, 400, "name is required; email is required"],
    ["POST /users", text(""), 400, "name is required; email is required"],
    ["POST /users", user({ email: "nobody" }), 400, "email must be a valid email address"],
    ["POST /users", user({ name: "x".repeat(201) }), 400, "name must be at most 200 characters"],
    ["POST /users", user({ address: "x".repeat(501) }), 400, "address must be at most 500 characters"],
    ["PUT /users/1", { body: { name: "Ada" } }, 400, "email is required"],
    ["POST /orders", order({ items: [] }), 400, "items must contain at least 1 item(s)"],
    ["POST /orders", { body: { userId: 1 } }, 400, "items must contain at least 1 item(s)"],
    ["POST /orders", order({ items: Array(101).fill(item()) }), 400, "items must contain no more than 100 item(s)"],
    ["POST /orders", { body: { items: [item()] } }, 400, "userId must be greater than 0"],
    ["POST /orders", ofItem({ productName: "" }), 400, "items[0].productName is required"],
    ["POST /orders", ofItem({ price: undefined }), 400, "items[0].price is required"],
    ["POST /orders", ofItem({ price: null }), 400, "items[0].price is required"],
    ["PATCH /orders/1/status", { body: {} }, 400, "status is required"],
    ["PATCH /orders/1/status", status("ORDER_STATUS_UNSPECIFIED"), 400, "status is required"],
    ["PATCH /orders/1/status", status(99), 400, "status must be one of the defined enum values"],

    // numbers out of their range
    [
      "POST /orders",
      ofItem({ quantity: 0 }),
      400,
      "items[0].quantity must be greater than or equal to 1 and less than or equal to 1000000",
    ],
    [
      "POST /orders",
      ofItem({ price: -0.01 }),
      400,
      "items[0].price must be greater than or equal to 0 and less than or equal to 1000000000",
    ],
    ["POST /orders", ofItem({ quantity: 1.5 }), 400, "items[0].quantity must be an integer, got 1.5"],
    [
      "POST /orders",
      order({ userId: NEXT_INT32 }),
      400,
      "userId must be between -2147483648 and 2147483647, got 2147483648",
    ],
    ["GET /users/0", {}, 400, "id must be greater than 0"],
    ["GET /users/-1", {}, 400, "id must be greater than 0"],
    ["GET /users/one", {}, 400, 'id must be an integer, got "one"'],
    [`GET /users/${NEXT_INT32}`, {}, 400, 'id must be between -2147483648 and 2147483647, got "2147483648"'],
    [`GET /orders/${NEXT_INT32}`, {}, 400, 'id must be between -2147483648 and 2147483647, got "2147483648"'],
    ["GET /users?pageSize=101", {}, 400, "pageSize must be greater than or equal to 0 and less than or equal to 100"],
    ["GET /users?pageSize=many", {}, 400, 'pageSize must be an integer, got "many"'],

    // page tokens that no page ended with
    ["GET /users?pageToken=forged", {}, 400, "pageToken must be what an earlier page ended with, or empty"],
    ["GET /orders?pageToken=YWZ0ZXI6LTE", {}, 400, "pageToken must be what an earlier page ended with, or empty"],
    [
      `GET /users/1/orders?pageToken=${Buffer.from(`after:${NEXT_INT32}`).toString("base64url")}`,
      {},
      400,
      "pageToken must be what an earlier page ended with, or empty",
    ],
    [`GET /users?pageToken=${"x".repeat(101)}`, {}, 400, "pageToken must be at most 100 characters"],

    // bodies that are not what the contract describes
    ["POST /users", text('{"name":'), 400, "malformed JSON at line 1, column 9: expected a value, the body ends there"],
    ["POST /users", text("[]"), 400, "the body must be an object, got []"],
    ["POST /users", text("null"), 400, "the body must be an object, got null"],
    ["POST /users", user({ name: 5 }), 400, "name must be a string, got 5"],
    ["POST /users", user({ role: "admin" }), 400, "role is not a known field"],
    [
      "POST /users",
      text('{"__proto__":{"name":"Ada"},"email":"p@example.com"}'),
      400,
      "__proto__ is not a known field",
    ],
    ["POST /users", text('{"name":"Ada","name":"Eve","email":"p@example.com"}'), 400, "name is given twice"],
    [
      "POST /users",
      text('{"name":"\\ud800","email":"p@example.com"}'),
      400,
      'name must be well-formed Unicode, got "\\ud800"',
    ],
    ["POST /users", user({ name: "a\0b" }), 400, "a value does not fit where it is to be stored"],
    [
      "PATCH /orders/1/status",
      status("LOST"),
      400,
      'status must be one of ORDER_STATUS_UNSPECIFIED, PENDING, CONFIRMED, SHIPPED, DELIVERED, CANCELLED, got "LOST"',
    ],
    ["GET /users?colour=red", {}, 400, "colour is not a known query parameter"],
    [
      "POST /users",
      { ...user({}), headers: { "content-type": "text/plain" } },
      415,
      "the body must be application/json, got text/plain",
    ],
    ["POST /users", user({ name: "x".repeat(2 ** 20) }), 413, "the body must not be larger than 1048576 bytes"],

    // what is not there
    ["GET /users/2147483647", {}, 404, "user not found"],
    ["PUT /users/2147483647", user({}), 404, "user not found"],
    ["DELETE /users/2147483647", {}, 404, "user not found"],
    ["POST /orders", order({ userId: 2147483647 }), 404, "user not found"],
    ["GET /orders/2147483647", {}, 404, "order not found"],
    ["PATCH /orders/2147483647/status", status("SHIPPED"), 404, "order not found"],
    ["GET /nothing", {}, 404, "no route for GET /nothing"],
    ["DELETE /users", {}, 405, "DELETE is not allowed here; use GET, HEAD, POST, OPTIONS"],
    ["PATCH /users/1", user({}), 405, "PATCH is not allowed here; use DELETE, GET, HEAD, PUT, OPTIONS"],
  ];

  test.each(REFUSALS)("%s %j", async (line, request, statusCode, error) => {
    const answer = await rest(line, request);
    expect({ status: answer.status, json: answer.json }).toEqual({ status: statusCode, json: { error } });
  });
});

describe("users", () => {
  test("one is registered, read, changed and removed", async () => {
    const email = uniqueEmail();
    const registered = await rest("POST /users", { body: { name: "Ada Lovelace", email, phone: "+44 20" } });
    const user: User = {
      id: expect.any(Number),
      name: "Ada Lovelace",
      email,
      phone: "+44 20",
      address: "",
      createdAt: TIMESTAMP,
      updatedAt: TIMESTAMP,
    };
    expect(registered.status).toBe(201);
    expect(registered.json).toEqual({ user, message: "User created successfully" });
    const { id, createdAt } = (registered.json as { user: User }).user;

    expect(await rest(`GET /users/${id}`)).toMatchObject({ status: 200, json: { user: { ...user, id, createdAt } } });

    // PUT replaces all that is known: the telephone number was left out.
    const changed = await rest(`PUT /users/${id}`, { body: { name: "Ada King", email, address: "London" } });
    expect(changed.status).toBe(200);
    expect(changed.json).toEqual({
      user: { ...user, id, createdAt, name: "Ada King", phone: "", address: "London" },
      message: "User updated successfully",
    });

    expect(await rest(`DELETE /users/${id}`)).toMatchObject({ status: 204, json: undefined });
    expect(await rest(`GET /users/${id}`)).toMatchObject({ status: 404, json: { error: "user not found" } });
  });

  test("the path says which user is changed, whatever the body claims", async () => {
    const [ada, grace] = [await register(rest), await register(rest)];
    await rest(`PUT /users/${ada.id}`, { body: { id: grace.id, name: "Changed", email: ada.email } });
    expect(await rest(`GET /users/${grace.id}`)).toMatchObject({ json: { user: { name: grace.name } } });
    expect(await rest(`GET /users/${ada.id}`)).toMatchObject({ json: { user: { name: "Changed" } } });
  });

  test("an e-mail address is one person's, however it is written", async () => {
    const { email } = await register(rest);
    const again = email.toUpperCase();
    const error = `email ${again} is already in use`;
    expect(await rest("POST /users", { body: { name: "Eve", email: again } })).toMatchObject({
      status: 409,
      json: { error },
    });
    const eve = await register(rest);
    expect(await rest(`PUT /users/${eve.id}`, { body: { name: "Eve", email: again } })).toMatchObject({
      status: 409,
      json: { error },
    });
  });

  test("of many who register with one address at once, one is taken", async () => {
    const email = uniqueEmail();
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, index) => rest("POST /users", { body: { name: `Ada ${index}`, email } })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array(7).fill(409)]);
  });

  test("text comes back as it was written", async () => {
    const name = "Zoë 🦊 \u202e שלום '; DROP TABLE users; --";
    const { id } = await register(rest, { name, address: "東京".repeat(250) });
    expect(await rest(`GET /users/${id}`)).toMatchObject({ json: { user: { name, address: "東京".repeat(250) } } });
  });

  test("all are listed a page at a time, the oldest first, each once", async () => {
    const registered = [await register(rest), await register(rest), await register(rest)];
    const seen: number[] = [];
    let token = "";
    do {
      const { status, json } = await rest(`GET /users?pageSize=2&pageToken=${token}`);
      expect(status).toBe(200);
      const page = json as { users: User[]; nextPageToken: string };
      expect(page.users.length).toBeLessThanOrEqual(2);
      seen.push(...page.users.map(({ id }) => id));
      token = page.nextPageToken;
    } while (token !== "");
    expect(seen).toEqual([...new Set(seen)].sort((a, b) => a - b));
    expect(seen).toEqual(expect.arrayContaining(registered.map(({ id }) => id)));
  });
});

describe("orders", () => {
  test("one copies the name and address of its user as they are at that time", async () => {
    const user = await register(rest);
    const { status, json } = await rest("POST /orders", {
      body: { userId: user.id, items: [{ productName: "Laptop", quantity: 1, price: 999.99 }] },
    });
    expect(status).toBe(201);
    const order: Order = {
      id: expect.any(Number),
      userId: user.id,
      userName: user.name,
      userEmail: user.email,
      items: [{ productName: "Laptop", quantity: 1, price: 999.99 }],
      totalAmount: 999.99,
      status: "PENDING",
      createdAt: TIMESTAMP,
    };
    expect(json).toEqual({ order, message: "Order created successfully" });

    await rest(`DELETE /users/${user.id}`);
    const { id } = (json as { order: Order }).order;
    expect((await rest(`GET /orders/${id}`)).json).toEqual({ order: { ...order, id } });
    expect(await rest("POST /orders", { body: { userId: user.id, items: [item()] } })).toMatchObject({
      status: 404,
      json: { error: "user not found" },
    });
  });

  test("those of one user are listed a page at a time, and no others", async () => {
    const [user, other] = [await register(rest), await register(rest)];
    const placed = [await placeOrder(rest, user), await placeOrder(rest, user), await placeOrder(rest, user)];
    await placeOrder(rest, other);
    const first = await rest(`GET /users/${user.id}/orders?pageSize=2`);
    const { nextPageToken } = first.json as { nextPageToken: string };
    expect(nextPageToken).not.toBe("");
    expect(first.json).toEqual({ orders: placed.slice(0, 2), nextPageToken });
    const second = await rest(`GET /users/${user.id}/orders?pageSize=2&pageToken=${nextPageToken}`);
    expect(second.json).toEqual({ orders: placed.slice(2), nextPageToken: "" });
    expect((await rest("GET /orders?pageSize=100")).json).toMatchObject({ orders: expect.arrayContaining(placed) });
  });

  const TOTALS: readonly (readonly [prices: readonly (readonly [quantity: number, price: number])[], total: number])[] =
    [
      [[[3, 0.1]], 0.3],
      [
        [
          [3, 0.1],
          [1, 999.99],
        ],
        1000.29,
      ],
      [
        [
          [1, 0.1],
          [1, 0.2],
        ],
        0.3,
      ],
      [[[3, 1.005]], 3.015],
      [[[1, 0]], 0],
      [[[1_000_000, 0.00001]], 10],
      [[[7, 0.000000123]], 0.000000861],
      [[[1_000_000, 999_999_999.99]], 999_999_999_990_000],
      [Array.from({ length: 100 }, () => [1, 0.01] as const), 1],
    ];

  test.each(TOTALS)("money is exact: %j make %d", async (prices, totalAmount) => {
    const user = await register(rest);
    const items = prices.map(([quantity, price]) => ({ productName: "Thing", quantity, price }));
    const order = await placeOrder(rest, user, items);
    expect(order).toMatchObject({ items, totalAmount });
  });

  const TOO_LONG: readonly (readonly [quantity: number, price: number])[] = [
    [1_000_000, 1_000_000_000],
    [1, 0.1234567890123456],
    [7, 123_456_789.1234567],
  ];

  test.each(TOO_LONG)(
    "a total that no JSON number holds is refused and not stored: %d × %d",
    async (quantity, price) => {
      const user = await register(rest);
      const answer = await rest("POST /orders", { body: { userId: user.id, items: [item({ quantity, price })] } });
      expect(answer).toMatchObject({
        status: 422,
        json: { error: expect.stringContaining("has more digits than a JSON number can hold") },
      });
      expect((await rest(`GET /users/${user.id}/orders`)).json).toEqual({ orders: [], nextPageToken: "" });
    },
  );

  const WAYS: readonly (readonly [steps: readonly string[], refused: string])[] = [
    [[], "DELIVERED"],
    [[], "SHIPPED"],
    [["CONFIRMED"], "PENDING"],
    [["CONFIRMED", "SHIPPED"], "CANCELLED"],
    [["CONFIRMED", "SHIPPED", "DELIVERED"], "PENDING"],
    [["CONFIRMED", "SHIPPED", "DELIVERED"], "CANCELLED"],
    [["CANCELLED"], "CONFIRMED"],
    [["CONFIRMED", "CANCELLED"], "SHIPPED"],
  ];

  test.each(WAYS)("after %j an order does not become %s", async (steps, refused) => {
    const order = await placeOrder(rest, await register(rest));
    for (const status of steps) {
      const moved = await rest(`PATCH /orders/${order.id}/status`, { body: { status } });
      expect(moved.status).toBe(200);
      expect(moved.json).toEqual({ order: { ...order, status }, message: "Order status updated successfully" });
    }
    const now = steps.at(-1) ?? "PENDING";
    expect(await rest(`PATCH /orders/${order.id}/status`, { body: { status: refused } })).toMatchObject({
      status: 422,
      json: { error: `an order cannot go from ${now} to ${refused}` },
    });
    expect(await rest(`GET /orders/${order.id}`)).toMatchObject({ json: { order: { status: now } } });
  });

  test("asking for the status that an order has changes nothing", async () => {
    const order = await placeOrder(rest, await register(rest));
    expect(await rest(`PATCH /orders/${order.id}/status`, { body: { status: "PENDING" } })).toMatchObject({
      status: 200,
      json: { order },
    });
  });

  test("of two changes at once that exclude each other, one wins", async () => {
    for (let round = 0; round < 5; round++) {
      const { id } = await placeOrder(rest, await register(rest));
      await rest(`PATCH /orders/${id}/status`, { body: { status: "CONFIRMED" } });
      const wanted = ["SHIPPED", "CANCELLED"];
      const answers = await Promise.all(
        wanted.map((status) => rest(`PATCH /orders/${id}/status`, { body: { status } })),
      );
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 422]);
      const winner = wanted[answers.findIndex(({ status }) => status === 200)];
      expect(await rest(`GET /orders/${id}`)).toMatchObject({ json: { order: { status: winner } } });
    }
  });
});

describe("the door", () => {
  test("health is asked of the services themselves", async () => {
    const { status, json } = await rest("GET /health");
    expect(status).toBe(200);
    expect(json).toEqual({ status: "ok", services: { userService: "connected", orderService: "connected" } });
  });

  test("a request id comes back, the client's own or a new one", async () => {
    const own = await rest("GET /users/2147483647", { headers: { "x-request-id": "request-7" } });
    expect(own.headers.get("x-request-id")).toBe("request-7");
    const made = await rest("GET /health");
    expect(made.headers.get("x-request-id")).toMatch(/^[\da-f]{32}$/);
  });

  test("metrics count calls by method and requests by route", async () => {
    await rest("GET /users/2147483647");
    const { json } = await rest("GET /metrics");
    expect(json).toMatch(/^parley_calls_total\{.*method="GetUser".*\} \d+$/m);
    expect(json).toMatch(/^parley_http_requests_total\{.*route="\/users\/\{id\}".*\} \d+$/m);
  });

  test("the page to try the API is there", async () => {
    expect(await rest("GET /docs")).toMatchObject({ status: 200, json: expect.stringContaining("<!doctype html>") });
  });
});

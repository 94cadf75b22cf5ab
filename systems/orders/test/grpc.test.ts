import { checkHealth, createChannel, createClient, listServices } from "@parley/rpc";
import { isParleyError, type ParleyError } from "parleyjs";
import { afterAll, describe, expect, test } from "vitest";
import { OrderService, OrderStatus } from "../gen/orders/v1/orders_pb.ts";
import { UserService } from "../gen/users/v1/users_pb.ts";
import { startOrders } from "./support/orders-system.ts";
import { uniqueEmail } from "./support/shop.ts";

const system = await startOrders();
const userChannel = createChannel({ target: system.addressOf("user-service") });
const orderChannel = createChannel({ target: system.addressOf("order-service") });
afterAll(async () => {
  await Promise.all([userChannel.close(), orderChannel.close()]);
  await system[Symbol.asyncDispose]();
});
const users = createClient(UserService, userChannel);
const orders = createClient(OrderService, orderChannel);

const NOBODY = 2147483647;

/** The error that a call ends with. */
async function failureOf(call: Promise<unknown>): Promise<ParleyError> {
  const error: unknown = await call.then(
    () => expect.fail("the call succeeded"),
    (reason: unknown) => reason,
  );
  return isParleyError(error) ? error : expect.fail(`not an error of a call: ${String(error)}`);
}

async function registered() {
  const { user } = await users.createUser({ name: "Ada", email: uniqueEmail() });
  return user ?? expect.fail("no user in the answer");
}

const line = { productName: "Pencil", quantity: 3, price: 0.1 };

test("an order is placed, read and moved on", async () => {
  const user = await registered();
  const { order } = await orders.createOrder({ userId: user.id, items: [line] });
  expect(order).toMatchObject({
    userId: user.id,
    userName: "Ada",
    userEmail: user.email,
    totalAmount: 0.3,
    status: OrderStatus.PENDING,
  });
  const id = order?.id ?? 0;
  await orders.updateOrderStatus({ id, status: OrderStatus.CONFIRMED });
  expect((await orders.getOrder({ id })).order).toEqual({ ...order, status: OrderStatus.CONFIRMED });
  expect((await orders.listUserOrders({ userId: user.id })).orders.map((each) => each.id)).toEqual([id]);
});

test("whether a user is valid is an answer, not an error", async () => {
  const user = await registered();
  expect(await users.validateUser({ userId: user.id })).toMatchObject({ isValid: true, user });
  for (const userId of [NOBODY, 0, -1]) {
    const answer = await users.validateUser({ userId });
    expect(answer.isValid).toBe(false);
    expect(answer.user).toBeUndefined();
  }
});

describe("errors keep their code", () => {
  test.each([
    ["a user", () => users.getUser({ id: NOBODY }), "user not found"],
    ["the user of an order", () => orders.createOrder({ userId: NOBODY, items: [line] }), "user not found"],
    ["an order", () => orders.getOrder({ id: NOBODY }), "order not found"],
  ])("NOT_FOUND for %s that is not there", async (_, call, message) => {
    expect(await failureOf(call())).toMatchObject({ code: "NOT_FOUND", message });
  });

  test("INVALID_ARGUMENT names each broken field as the contract does", async () => {
    const broken = { productName: "", quantity: 0, price: 1 };
    const error = await failureOf(orders.createOrder({ userId: 1, items: [line, broken] }));
    expect(error.code).toBe("INVALID_ARGUMENT");
    const fields = error.detail("bad_request")?.violations.map(({ field }) => field);
    expect(fields).toEqual(["items[1].product_name", "items[1].quantity"]);
  });

  test("ALREADY_EXISTS for an e-mail address in use", async () => {
    const { email } = await registered();
    expect(await failureOf(users.createUser({ name: "Eve", email }))).toMatchObject({
      code: "ALREADY_EXISTS",
      message: `email ${email} is already in use`,
    });
  });

  test("FAILED_PRECONDITION for a change of status that is not possible", async () => {
    const { order } = await orders.createOrder({ userId: (await registered()).id, items: [line] });
    const back = orders.updateOrderStatus({ id: order?.id ?? 0, status: OrderStatus.DELIVERED });
    expect(await failureOf(back)).toMatchObject({
      code: "FAILED_PRECONDITION",
      message: "an order cannot go from PENDING to DELIVERED",
    });
  });

  test("DEADLINE_EXCEEDED for a call whose time is over before it begins", async () => {
    expect(await failureOf(users.listUsers({}, { timeoutMs: 0 }))).toMatchObject({ code: "DEADLINE_EXCEEDED" });
  });
});

test.each([
  ["user-service", userChannel, UserService.typeName],
  ["order-service", orderChannel, OrderService.typeName],
])("%s tells its health and its contracts", async (_, channel, contract) => {
  expect(await checkHealth(channel)).toBe("serving");
  expect(await checkHealth(channel, contract)).toBe("serving");
  expect(await checkHealth(channel, "no.such.Service")).toBe("unknown");
  expect(await listServices(channel)).toEqual(expect.arrayContaining([contract, "grpc.health.v1.Health"]));
});

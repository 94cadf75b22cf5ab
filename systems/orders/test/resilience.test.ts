import { expect, onTestFinished, test } from "vitest";
import { temporaryDataDir } from "./support/data-dir.ts";
import { startLoad } from "./support/load.ts";
import { startOrders, startOrdersPart } from "./support/orders-system.ts";
import { startSystemProcess } from "./support/parley-process.ts";
import { type Rest, type RestRequest, restOf } from "./support/rest.ts";
import { type Order, placeOrder, register } from "./support/shop.ts";
import { startStubUserService } from "./support/stub-user-service.ts";

const policy = "test/support/impatient-policy.yaml";

const UNAVAILABLE = { status: 503, json: { error: "service unavailable" } };
/** States of a breaker, as the metric says them. */
const [CLOSED, OPEN] = ["0", "2"];

/** The value of a metric at the gateway, by the start of its line. */
async function metric(rest: Rest, name: string, label: string): Promise<string | undefined> {
  const { json } = await rest("GET /metrics");
  return String(json)
    .split("\n")
    .find((line) => line.startsWith(`${name}{`) && line.includes(label))
    ?.split(" ")
    .at(-1);
}

test("with user-service away orders fails fast and says so, and is well again by itself", async () => {
  const userEnv = { PARLEY_DATA_DIR: await temporaryDataDir() };
  const users = await startOrdersPart("user-service", { env: userEnv, policy });
  const userAddress = users.addressOf("user-service");
  const orders = await startOrdersPart("order-service", { env: { USER_SERVICE_URL: userAddress }, policy });
  const env = { USER_SERVICE_URL: userAddress, ORDER_SERVICE_URL: orders.addressOf("order-service") };
  const gateway = await startOrdersPart("api-gateway", { env, policy });
  const rest = restOf(gateway.addressOf("api-gateway"));
  const user = await register(rest);
  const order = await placeOrder(rest, user);
  const newOrder = { body: { userId: user.id, items: order.items } };

  await users[Symbol.asyncDispose]();
  expect(await rest("GET /health")).toMatchObject({
    status: 503,
    json: { status: "degraded", services: { userService: "disconnected", orderService: "connected" } },
  });
  expect(await rest("POST /orders", newOrder)).toMatchObject(UNAVAILABLE);
  // What does not need user-service goes on.
  expect(await rest(`GET /orders/${order.id}`)).toMatchObject({ status: 200, json: { order } });

  const state = () => metric(rest, "parley_breaker_state", userAddress);
  while ((await state()) !== OPEN) expect(await rest(`GET /users/${user.id}`)).toMatchObject(UNAVAILABLE);
  expect(await rest("POST /orders", newOrder)).toMatchObject(UNAVAILABLE);

  const [, port] = userAddress.split(":");
  await startOrdersPart("user-service", { env: { ...userEnv, USER_SERVICE_PORT: port }, policy });
  const waitFor = async (line: string, request?: RestRequest): Promise<number> => {
    const { status } = await rest(line, request);
    return status === 503 ? waitFor(line, request) : status;
  };
  expect(await waitFor("POST /orders", newOrder)).toBe(201);
  expect(await waitFor(`GET /users/${user.id}`)).toBe(200);
  expect(await waitFor("GET /health")).toBe(200);
  expect(await state()).toBe(CLOSED);
});

test("a user-service that hangs is waited for no longer than the policy allows, and nothing is stored", async () => {
  await using hanging = await startStubUserService();
  const USER_SERVICE_URL = hanging.address;
  const orders = await startOrdersPart("order-service", { env: { USER_SERVICE_URL }, policy });
  const env = { USER_SERVICE_URL, ORDER_SERVICE_URL: orders.addressOf("order-service") };
  const gateway = await startOrdersPart("api-gateway", { env, policy });
  const rest = restOf(gateway.addressOf("api-gateway"));

  const body = { userId: 1, items: [{ productName: "Pencil", quantity: 1, price: 0.1 }] };
  expect(await rest("POST /orders", { body })).toMatchObject({ status: 504 });
  await hanging.cancelled;
  expect(await rest("GET /orders")).toMatchObject({ status: 200, json: { orders: [] } });
});

test("SIGTERM under load fails no request, and loses none that was answered", async () => {
  const env = { PARLEY_DATA_DIR: await temporaryDataDir() };
  await using system = await startSystemProcess(env);
  const user = await register(restOf(system.origin));
  const body = { userId: user.id, items: [{ productName: "Pencil", quantity: 1, price: 0.1 }] };
  const load = startLoad({ url: `${system.origin}/orders`, body, status: 201, clients: 4 });
  await load.reached(40);
  expect(await system.terminate()).toBe(0);
  await load.ended;
  expect(load.failures).toEqual([]);

  await using again = await startOrders({ env });
  const rest = restOf(again.addressOf("api-gateway"));
  for (const answer of load.answers) {
    const { order } = answer as { order: Order };
    expect(await rest(`GET /orders/${order.id}`)).toMatchObject({ status: 200, json: { order } });
  }
});

test("calls go to every instance of a service in turn, and to those that are left when one ends", async () => {
  const named = (name: string) => startStubUserService({ getUser: async ({ id }) => ({ user: { id, name } }) });
  const [first, second] = [await named("first"), await named("second")];
  onTestFinished(() => second[Symbol.asyncDispose]());
  const env = {
    USER_SERVICE_URL: `static:${first.address},${second.address}`,
    ORDER_SERVICE_URL: "127.0.0.1:1",
    LOAD_BALANCING: "round_robin",
  };
  const gateway = await startOrdersPart("api-gateway", { env });
  const rest = restOf(gateway.addressOf("api-gateway"));
  const answerer = async () => ((await rest("GET /users/1")).json as { user: { name: string } }).user.name;

  const seen = new Set<string>();
  while (seen.size < 2) seen.add(await answerer());
  await first[Symbol.asyncDispose]();
  for (let request = 0; request < 10; request++) expect(await answerer()).toBe("second");
});

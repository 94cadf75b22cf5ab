import { expect, onTestFinished, test } from "vitest";
import { hasNginx } from "../../../scripts/testing/nginx.ts";
import { startLoad } from "./support/load.ts";
import { startOrdersNginx } from "./support/nginx.ts";
import { startOrders, startOrdersPart } from "./support/orders-system.ts";
import { restOf } from "./support/rest.ts";
import { register } from "./support/shop.ts";

test.skipIf(!hasNginx())("three gateways behind nginx share the load, and one may stop under it", async () => {
  const system = await startOrders();
  onTestFinished(() => system[Symbol.asyncDispose]());
  const env = {
    USER_SERVICE_URL: system.addressOf("user-service"),
    ORDER_SERVICE_URL: system.addressOf("order-service"),
  };
  const [second, third] = [
    await startOrdersPart("api-gateway", { env }),
    await startOrdersPart("api-gateway", { env }),
  ];
  const hostOf = ({ addressOf }: typeof system) =>
    new URL(addressOf("api-gateway")).host.replace("localhost", "127.0.0.1");
  const gateways = [hostOf(system), hostOf(second), hostOf(third)] as const;
  await using nginx = await startOrdersNginx(gateways);

  const rest = restOf(nginx.origin);
  const named = await rest("GET /users", { headers: { "x-request-id": "request-7" } });
  expect(named.headers.get("x-request-id")).toBe("request-7");
  for (let request = 0; request < 12; request++) await rest("GET /health");
  const accesses = await nginx.accesses(13);
  expect(new Set(accesses.map(({ upstream }) => upstream))).toEqual(new Set(gateways));
  expect(accesses.map(({ requestId }) => requestId)).toContain("request-7");

  const body = { userId: (await register(rest)).id, items: [{ productName: "Pencil", quantity: 1, price: 0.1 }] };
  const load = startLoad({ url: `${nginx.origin}/orders`, body, status: 201, clients: 4 });
  await load.reached(20);
  await third[Symbol.asyncDispose]();
  await load.reached(load.answers.length + 20);
  load.stop();
  await load.ended;
  expect(load.failures).toEqual([]);
  expect(await rest("GET /health")).toMatchObject({ status: 200, json: { status: "ok" } });
});

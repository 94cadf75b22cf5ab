import { kafka } from "@parley/transport-kafka";
import { nats } from "@parley/transport-nats";
import { rabbitmq } from "@parley/transport-rabbitmq";
import { redis } from "@parley/transport-redis";
import { defineSystem } from "parleyjs";
import { apiGateway } from "./services/api-gateway.ts";
import { orderService } from "./services/order-service.ts";
import { userService } from "./services/user-service.ts";

export default defineSystem({
  name: "orders",
  services: [userService, orderService],
  gateways: [apiGateway],
  policy: "policy.yaml",
  transports: [nats(), rabbitmq(), kafka(), redis()],
  tryIt: [
    { method: "POST", path: "/users", body: { name: "Ada Lovelace", email: "ada@example.com" } },
    {
      method: "POST",
      path: "/orders",
      body: { userId: 1, items: [{ productName: "Laptop", quantity: 1, price: 999.99 }] },
    },
  ],
});

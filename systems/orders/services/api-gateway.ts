import { defineGateway } from "parleyjs";
import { OrderService } from "../gen/orders/v1/orders_pb.ts";
import { UserService } from "../gen/users/v1/users_pb.ts";

export const apiGateway = defineGateway({
  name: "api-gateway",
  port: 3000,
  routes: [UserService, OrderService],
  json: { fieldNames: "camel", envelope: "none", errors: "message" },
  auth: { invalidTokenStatus: 403 },
  cors: { origins: "*" },
  openapi: { title: "Orders", version: "1.0.0" },
});

import { defineService, notFound } from "parleyjs";
import { OrderService } from "../gen/orders/v1/orders_pb.ts";
import { UserService } from "../gen/users/v1/users_pb.ts";
import { createOrderStore } from "../orders/order-store.ts";

export const orderService = defineService({
  name: "order-service",
  port: 50052,
  implements: OrderService,
  calls: { users: UserService },
  database: { name: "orderdb", migrations: new URL("../migrations/orderdb", import.meta.url) },

  setup({ db, calls }) {
    const orders = createOrderStore(db);

    return {
      methods: {
        async createOrder({ userId, items }) {
          const { isValid, user } = await calls.users.validateUser({ userId });
          if (!isValid || !user) throw notFound("user");
          const order = await orders.insert({ userId, userName: user.name, userEmail: user.email, items });
          return { order, message: "Order created successfully" };
        },

        async getOrder({ id }) {
          return { order: await orders.get(id) };
        },

        async listOrders({ pageSize, pageToken }) {
          const { items, nextPageToken } = await orders.list({ pageSize, pageToken });
          return { orders: items, nextPageToken };
        },

        async listUserOrders({ userId, pageSize, pageToken }) {
          const { items, nextPageToken } = await orders.list({ userId, pageSize, pageToken });
          return { orders: items, nextPageToken };
        },

        async updateOrderStatus({ id, status }) {
          return { order: await orders.moveTo(id, status), message: "Order status updated successfully" };
        },
      },
    };
  },
});

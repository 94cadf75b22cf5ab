import { realPostgres } from "@parley/postgres/testing";
import { describe, expect, test } from "vitest";
import { startOrders } from "./support/orders-system.ts";
import { restOf } from "./support/rest.ts";
import { placeOrder, register } from "./support/shop.ts";

const postgres = await realPostgres();

describe.skipIf(!postgres)("on a real PostgreSQL", () => {
  if (!postgres) return;
  const env = { USERDB_URL: postgres.missingDatabase(), ORDERDB_URL: postgres.missingDatabase() };

  test("the databases are made, the rows are there, and a restart finds them again", async () => {
    const items = [
      { productName: "Pencil", quantity: 3, price: 0.1 },
      { productName: "Laptop", quantity: 1, price: 999.99 },
    ];
    const first = await startOrders({ env });
    const rest = restOf(first.addressOf("api-gateway"));
    const user = await register(rest);
    const order = await placeOrder(rest, user, items);
    await first[Symbol.asyncDispose]();

    // What other readers of the database see, while no service runs.
    const users = await postgres.query("SELECT name, email FROM users", { url: env.USERDB_URL });
    expect(users.rows).toEqual([{ name: user.name, email: user.email }]);
    const orders = await postgres.query("SELECT user_id, total_amount, status FROM orders", { url: env.ORDERDB_URL });
    expect(orders.rows).toEqual([{ user_id: user.id, total_amount: "1000.29", status: "PENDING" }]);
    const lines = await postgres.query("SELECT quantity * price AS sum FROM order_items ORDER BY position", {
      url: env.ORDERDB_URL,
    });
    expect(lines.rows).toEqual([{ sum: "0.3" }, { sum: "999.99" }]);

    await using again = await startOrders({ env });
    const restAgain = restOf(again.addressOf("api-gateway"));
    expect((await restAgain(`GET /users/${user.id}`)).json).toEqual({ user });
    expect((await restAgain(`GET /orders/${order.id}`)).json).toEqual({ order });
  });

  test("an e-mail address stays one person's, whoever asks at once", async () => {
    await using system = await startOrders({ env });
    const rest = restOf(system.addressOf("api-gateway"));
    const answers = await Promise.all(
      Array.from({ length: 16 }, (_, index) =>
        rest("POST /users", { body: { name: `Ada ${index}`, email: "ada@example.com" } }),
      ),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array(15).fill(409)]);
  });
});

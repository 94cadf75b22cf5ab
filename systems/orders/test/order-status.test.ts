import { expect, test } from "vitest";
import { predecessorsOf, type StatusName } from "../orders/order-status.ts";

const NAMES: StatusName[] = ["PENDING", "CONFIRMED", "SHIPPED", "DELIVERED", "CANCELLED"];

test("an order can go these ways and no other", () => {
  const ways = NAMES.flatMap((next) => predecessorsOf(next).map((from) => `${from} -> ${next}`));
  expect(ways).toEqual([
    "PENDING -> CONFIRMED",
    "CONFIRMED -> SHIPPED",
    "SHIPPED -> DELIVERED",
    "PENDING -> CANCELLED",
    "CONFIRMED -> CANCELLED",
  ]);
});

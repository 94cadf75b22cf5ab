import { type OrderStatus, OrderStatusSchema } from "../gen/orders/v1/orders_pb.ts";

/** The statuses an order can be in: the words that the database and the public JSON share. */
export type StatusName = "PENDING" | "CONFIRMED" | "SHIPPED" | "DELIVERED" | "CANCELLED";

/** Which statuses an order may come from, by the one it goes to. */
const COMES_FROM: Readonly<Record<StatusName, readonly StatusName[]>> = {
  PENDING: [],
  CONFIRMED: ["PENDING"],
  SHIPPED: ["CONFIRMED"],
  DELIVERED: ["SHIPPED"],
  CANCELLED: ["PENDING", "CONFIRMED"],
};

/** The statuses from which an order may go to `next`. */
export function predecessorsOf(next: StatusName): readonly StatusName[] {
  return COMES_FROM[next];
}

/** The name of a status that validation has let through. */
export function statusName(status: OrderStatus): StatusName {
  return OrderStatusSchema.value[status]?.name as StatusName;
}

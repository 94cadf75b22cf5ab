import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { type Database, type Executor, failedPrecondition, notFound } from "parleyjs";
import { type OrderItem, type OrderSchema, OrderStatus } from "../gen/orders/v1/orders_pb.ts";
import { pageOf, readPage } from "../paging.ts";
import { exactNumber } from "./money.ts";
import { predecessorsOf, type StatusName, statusName } from "./order-status.ts";

type Order = MessageInitShape<typeof OrderSchema>;

/** An order with its items, as {@link SELECT_ORDER} reads it. NUMERIC comes as text, so that nothing is rounded. */
interface OrderRow {
  id: number;
  user_id: number;
  user_name: string;
  user_email: string;
  total_amount: string;
  status: StatusName;
  created_at: Date;
  items: { product_name: string; quantity: number; price: string }[];
}

interface NewOrder {
  readonly userId: number;
  readonly userName: string;
  readonly userEmail: string;
  /** As validation has let them through, so each has its price; the tables refuse one without. */
  readonly items: readonly Pick<OrderItem, "productName" | "quantity" | "price">[];
}

const SELECT_ORDER = `
  SELECT o.*, (
    SELECT jsonb_agg(
      jsonb_build_object('product_name', i.product_name, 'quantity', i.quantity, 'price', i.price::text)
      ORDER BY i.position)
    FROM order_items i WHERE i.order_id = o.id
  ) AS items
  FROM orders o`;

export function createOrderStore(db: Database) {
  return {
    get: (id: number): Promise<Order> => get(db, id),

    /** Stores an order and its items together. PostgreSQL sums the decimals, so the total is exact. */
    insert({ userId, userName, userEmail, items }: NewOrder): Promise<Order> {
      return db.transaction(async (tx) => {
        const lines = JSON.stringify(
          items.map(({ productName, quantity, price }) => ({ product_name: productName, quantity, price })),
        );
        const { rows } = await tx.query<{ id: number }>(
          `INSERT INTO orders (user_id, user_name, user_email, total_amount)
           SELECT $1, $2, $3, sum(quantity * price)
           FROM jsonb_to_recordset($4::jsonb) AS line (quantity integer, price numeric)
           RETURNING id`,
          [userId, userName, userEmail, lines],
        );
        const id = rows[0]?.id ?? 0;
        await tx.query(
          `INSERT INTO order_items (order_id, position, product_name, quantity, price)
           SELECT $1, position, line ->> 'product_name', (line ->> 'quantity')::integer, (line ->> 'price')::numeric
           FROM jsonb_array_elements($2::jsonb) WITH ORDINALITY AS element (line, position)`,
          [id, lines],
        );
        return get(tx, id);
      });
    },

    async list(request: { userId?: number; pageSize: number; pageToken: string }) {
      const { after, limit } = readPage(request);
      const { rows } = await db.query<OrderRow>(
        `${SELECT_ORDER} WHERE o.id > $1 AND ($2::integer IS NULL OR o.user_id = $2) ORDER BY o.id LIMIT $3`,
        [after, request.userId ?? null, limit + 1],
      );
      return pageOf(rows, limit, toOrder);
    },

    /** Moves an order on, in one statement, so that of two changes at once only a possible one wins. */
    async moveTo(id: number, status: OrderStatus): Promise<Order> {
      const next = statusName(status);
      const moved = await db.query("UPDATE orders SET status = $2 WHERE id = $1 AND status = ANY($3::text[])", [
        id,
        next,
        predecessorsOf(next),
      ]);
      const order = await get(db, id);
      if (moved.rowCount === 0 && order.status !== status) {
        throw failedPrecondition(`an order cannot go from ${statusName(order.status ?? 0)} to ${next}`);
      }
      return order;
    },
  };
}

async function get(executor: Executor, id: number): Promise<Order> {
  const { rows } = await executor.query<OrderRow>(`${SELECT_ORDER} WHERE o.id = $1`, [id]);
  if (!rows[0]) throw notFound("order");
  return toOrder(rows[0]);
}

function toOrder(row: OrderRow): Order {
  return {
    id: row.id,
    userId: row.user_id,
    userName: row.user_name,
    userEmail: row.user_email,
    items: row.items.map(({ product_name, quantity, price }) => ({
      productName: product_name,
      quantity,
      price: exactNumber(price),
    })),
    totalAmount: exactNumber(row.total_amount),
    status: OrderStatus[row.status],
    createdAt: timestampFromDate(row.created_at),
  };
}

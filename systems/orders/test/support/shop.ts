import { randomUUID } from "node:crypto";
import { expect } from "vitest";
import type { Rest } from "./rest.ts";

export interface User {
  readonly id: number;
  readonly name: string;
  readonly email: string;
  readonly phone: string;
  readonly address: string;
  readonly createdAt: string;
  readonly updatedAt: string;
}

export interface Item {
  readonly productName: string;
  readonly quantity: number;
  readonly price: number;
}

export interface Order {
  readonly id: number;
  readonly userId: number;
  readonly userName: string;
  readonly userEmail: string;
  readonly items: readonly Item[];
  readonly totalAmount: number;
  readonly status: string;
  readonly createdAt: string;
}

/** Matches any instant in UTC, as RFC 3339 writes it. */
export const TIMESTAMP: string = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);

export const uniqueEmail = (): string => `${randomUUID()}@example.com`;

/** Registers a user with an address of its own. */
export async function register(rest: Rest, change: Partial<User> = {}): Promise<User> {
  const { status, json } = await rest("POST /users", { body: { name: "Ada", email: uniqueEmail(), ...change } });
  expect({ status, json }).toMatchObject({ status: 201 });
  return (json as { user: User }).user;
}

export async function placeOrder(
  rest: Rest,
  { id }: Pick<User, "id">,
  items: readonly Item[] = [{ productName: "Pencil", quantity: 3, price: 0.1 }],
): Promise<Order> {
  const { status, json } = await rest("POST /orders", { body: { userId: id, items } });
  expect({ status, json }).toMatchObject({ status: 201 });
  return (json as { order: Order }).order;
}

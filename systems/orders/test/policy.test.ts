import { readFileSync } from "node:fs";
import { resolveConfig } from "@parley/runtime";
import { expect, test } from "vitest";
import { orders } from "./support/loaded-system.ts";

const POLICY = new URL("../policy.yaml", import.meta.url);

test("calls have 3 s, connecting has 5 s, what is transient is retried, and what fails is left alone", async () => {
  const { timeouts, gatewayPolicies, servicePolicies } = await resolveConfig(orders, { env: {} });
  expect(timeouts).toMatchObject({ request: { timeoutMs: 3_000, from: "timeouts.gateway" }, dialMs: 5_000 });
  for (const { name, methods, policies } of [
    { name: "orders.v1.OrderService", methods: ["CreateOrder", "GetOrder"], policies: gatewayPolicies },
    { name: "users.v1.UserService", methods: ["CreateUser", "GetUser"], policies: gatewayPolicies },
    { name: "users.v1.UserService", methods: ["ValidateUser"], policies: servicePolicies },
  ]) {
    for (const method of methods) {
      expect(policies(name, method)).toMatchObject({
        timeoutMs: 3_000,
        retry: { maxAttempts: 3, codes: ["UNAVAILABLE"], backoff: { initialMs: 100, multiplier: 2, jitter: "full" } },
        breaker: { minRequests: 10, failureRatio: 0.5, openMs: 5_000 },
      });
    }
  }
});

test("editors find the schema that the file names", () => {
  const [, schema = ""] = /\$schema=(\S+)/.exec(readFileSync(POLICY, "utf8")) ?? [];
  expect(JSON.parse(readFileSync(new URL(schema, POLICY), "utf8"))).toHaveProperty("properties.timeouts");
});

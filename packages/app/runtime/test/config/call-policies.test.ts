import { DEFAULT_BREAKER, DEFAULT_CALL_POLICY } from "@parley/core/internal";
import { expect, test } from "vitest";
import { createCallPolicies } from "../../src/config/call-policies.ts";
import { resolveTimeouts } from "../../src/config/call-timeouts.ts";
import { readPolicy } from "../../src/config/read-policy.ts";

const policiesOf = async (text: string) => {
  const { policy } = await readPolicy(text, "p.yaml");
  const timeouts = resolveTimeouts({ policy, callMs: 4_000, gatewayMs: undefined });
  return createCallPolicies(policy, timeouts.ofService);
};

test("without a file every method has the default, and the timeout it is given", async () => {
  const policies = await policiesOf("");
  expect(policies("a.v1.A", "Get")).toEqual({ ...DEFAULT_CALL_POLICY, timeoutMs: 4_000 });
  expect(policies("a.v1.A", "Get")).toBe(policies("a.v1.A", "Get"));
});

test("a method overrides its contract, a contract the system, setting by setting", async () => {
  const policies = await policiesOf(`
retry: { maxAttempts: 5, initialDelay: 50ms }
breaker: { minRequests: 3 }
services:
  a.v1.A:
    timeout: 2s
    retry: { maxAttempts: 2 }
    methods:
      Slow: { timeout: 9s, breaker: off }
`);
  const { backoff, ...rest } = policies("a.v1.A", "Slow").retry;
  expect(rest.maxAttempts).toBe(2);
  expect(backoff.initialMs).toBe(50);
  expect(policies("a.v1.A", "Slow")).toMatchObject({ timeoutMs: 9_000, breaker: "off" });
  expect(policies("a.v1.A", "Get")).toMatchObject({
    timeoutMs: 2_000,
    breaker: { ...DEFAULT_BREAKER, minRequests: 3 },
  });
  expect(policies("b.v1.B", "Get")).toMatchObject({ timeoutMs: 4_000, retry: { maxAttempts: 5 } });
});

test("a breaker that is off for all can be on for one", async () => {
  const policies = await policiesOf("breaker: off\nservices: { a.v1.A: { breaker: { open: 60s } } }");
  expect(policies("a.v1.A", "Get").breaker).toEqual({ ...DEFAULT_BREAKER, openMs: 60_000 });
  expect(policies("b.v1.B", "Get").breaker).toBe("off");
});

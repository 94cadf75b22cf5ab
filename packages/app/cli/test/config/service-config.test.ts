import { DEFAULT_CALL_POLICY } from "@parley/core/internal";
import { grpcServiceConfig } from "@parley/runtime/internal";
import { expect, test } from "vitest";
import { greetings } from "../greetings.ts";

const [nameService, greetingService] = greetings.definition.services;
if (!nameService || !greetingService) throw new TypeError("greetings has two services");

test("methods of which the same is said share an entry, and only idempotent ones are retried", () => {
  const config = grpcServiceConfig([nameService, greetingService], {
    servicePolicies: (service) => ({
      ...DEFAULT_CALL_POLICY,
      timeoutMs: service.startsWith("names") ? 500 : 2_000,
      retry: { ...DEFAULT_CALL_POLICY.retry, maxAttempts: 9 },
    }),
    loadBalancingOf: () => "round_robin",
  });
  const retryPolicy = {
    maxAttempts: 5,
    initialBackoff: "0.1s",
    maxBackoff: "5s",
    backoffMultiplier: 2,
    retryableStatusCodes: ["UNAVAILABLE"],
  };
  expect(config).toEqual({
    loadBalancingConfig: [{ round_robin: {} }],
    methodConfig: [
      { name: [{ service: "names.v1.NameService", method: "AddName" }], timeout: "0.5s" },
      { name: [{ service: "names.v1.NameService", method: "GetName" }], timeout: "0.5s", retryPolicy },
      { name: [{ service: "greetings.v1.GreetingService", method: "Greet" }], timeout: "2s", retryPolicy },
    ],
    retryThrottling: DEFAULT_CALL_POLICY.retry.budget,
  });
});

test("retries that are turned off are not asked for", () => {
  const retry = { ...DEFAULT_CALL_POLICY.retry, maxAttempts: 1 };
  const { methodConfig } = grpcServiceConfig([nameService], {
    servicePolicies: () => ({ ...DEFAULT_CALL_POLICY, retry }),
    loadBalancingOf: () => "pick_first",
  });
  expect(methodConfig.every((method) => !("retryPolicy" in method))).toBe(true);
});

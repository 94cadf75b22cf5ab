import type { Operation } from "@parley/core";
import { readPolicy, resolveTimeouts, routeTimeout } from "@parley/runtime/internal";
import { defineGateway } from "parleyjs";
import { expect, test } from "vitest";

const GRADELOOP = "timeouts: { call: 3s, gateway: 5s }";

async function timeoutsOf(text: string, options: { streamTimeoutMs?: number; callMs?: number } = {}) {
  const { streamTimeoutMs, callMs } = options;
  const { policy } = await readPolicy(text, "p.yaml");
  const gateway = defineGateway({
    name: "gateway",
    port: 0,
    routes: [],
    ...(streamTimeoutMs !== undefined && { streamTimeoutMs }),
  });
  return resolveTimeouts({ gateway, policy, callMs, gatewayMs: undefined });
}

const method = (kind: Operation["kind"], name = "Get") => ({ service: "a.v1.A", method: name, kind }) as Operation;

test("timeouts.call bounds each call of the gateway, timeouts.gateway the whole request", async () => {
  const timeouts = await timeoutsOf(GRADELOOP);
  expect(timeouts.ofGateway("a.v1.A", "Get")).toEqual({ timeoutMs: 3_000, from: "timeouts.call" });
  expect(timeouts.request).toEqual({ timeoutMs: 5_000, from: "timeouts.gateway" });
  expect(routeTimeout(timeouts, method("unary"))).toEqual({ timeoutMs: 3_000, from: "timeouts.call" });
});

test("streamTimeoutMs of a gateway is not overruled by what is said of calls", async () => {
  const timeouts = await timeoutsOf(GRADELOOP, { streamTimeoutMs: 60_000 });
  const expected = { timeoutMs: 60_000, from: "streamTimeoutMs of the gateway" };
  expect(routeTimeout(timeouts, method("server_streaming"))).toEqual(expected);
  expect(timeouts.ofGateway("a.v1.A", "Watch", "server_streaming").timeoutMs).toBe(60_000);
  expect(timeouts.ofService("a.v1.A", "Watch", "server_streaming").timeoutMs).toBe(3_600_000);
});

test("what is said nearest counts, and says where it was said", async () => {
  const text = `
timeouts: { stream: 10m }
services: { a.v1.A: { timeout: 2s, methods: { Slow: { timeout: 9s } } }, b.v1.B: { methods: { Slow: { timeout: 20s } } } }`;
  const timeouts = await timeoutsOf(text, { callMs: 4_000 });
  expect(routeTimeout(timeouts, method("unary"))).toEqual({ timeoutMs: 2_000, from: "services.a.v1.A.timeout" });
  expect(routeTimeout(timeouts, method("unary", "Slow")).from).toBe("services.a.v1.A.methods.Slow.timeout");
  expect(timeouts.ofService("c.v1.C", "Get")).toEqual({ timeoutMs: 4_000, from: "CALL_TIMEOUT" });
  expect(timeouts.stream).toEqual({ timeoutMs: 600_000, from: "timeouts.stream" });
  const slow = { ...method("unary", "Slow"), service: "b.v1.B" };
  expect(routeTimeout(timeouts, slow)).toEqual({ timeoutMs: 10_000, from: "the default of timeouts.gateway" });
});

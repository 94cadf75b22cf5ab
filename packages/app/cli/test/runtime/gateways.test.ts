import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { LoadedSystem } from "@parley/runtime";
import { resolveConfig, runSystem, startPart } from "@parley/runtime";
import { defineGateway, defineSystem, route } from "parleyjs";
import { expect, onTestFinished, test } from "vitest";
import { GreetingService } from "../fixtures/greetings/gen/greetings/v1/greetings_pb.ts";
import { greetings } from "../greetings.ts";
import { call } from "../http.ts";
import { temporaryFolder } from "../temporary-folder.ts";

const open = {
  method: "POST",
  template: "/take",
  access: "public",
  handle: () => ({ status: 201, body: "taken" }),
} as const;
const publicGateway = defineGateway({ name: "public-gateway", port: 0, routes: [GreetingService, route(open)] });
const adminGateway = defineGateway({
  name: "admin-gateway",
  port: 0,
  routes: [route({ ...open, method: "GET", template: "/admin" })],
  openapi: false,
  middleware: [
    (next) => async (request, context) => {
      const response = await next(request, context);
      return { ...response, headers: { ...response.headers, "x-gateway": "admin" } };
    },
  ],
});

async function systemWith(policy: string): Promise<LoadedSystem> {
  const folder = await temporaryFolder();
  const path = join(folder, "policy.yaml");
  await writeFile(path, policy);
  const { gateways: _, kind: __, ...rest } = greetings.definition;
  return { ...greetings, definition: defineSystem({ ...rest, gateways: [publicGateway, adminGateway], policy: path }) };
}

const POLICY = `
timeouts: { gateway: 3s }
limits: { body: 10KiB }
gateways:
  admin-gateway:
    timeout: 7s
    body: 4B
    cors: { origins: ["https://ops.example"] }
`;

test("a system has several gateways, each with its own port, routes, middleware, documentation and health", async () => {
  const system = await systemWith(POLICY);
  const env = { LOG_LEVEL: "silent", PARLEY_DATA_DIR: await temporaryFolder() };
  const running = await runSystem(system, { env });
  onTestFinished(async () => void (await running.stop()));
  const [open, admin] = ["public-gateway", "admin-gateway"].map(
    (name) => running.parts.find((part) => part.name === name)?.address ?? "",
  );
  expect(await call(`${open}/take`, { method: "POST", json: "12345" })).toMatchObject({ status: 201, body: "taken" });
  expect((await call(`${open}/admin`)).status).toBe(404);
  expect((await call(`${open}/docs`)).status).toBe(200);
  expect((await call(`${open}/readyz`)).status).toBe(200);
  const response = await fetch(`${admin}/admin`, { headers: { origin: "https://ops.example" } });
  expect(response.headers.get("x-gateway")).toBe("admin");
  expect(response.headers.get("access-control-allow-origin")).toBe("https://ops.example");
  expect((await call(`${admin}/docs`)).status).toBe(404);
  expect((await call(`${admin}/livez`)).status).toBe(200);
  expect((await call(`${admin}/greetings/1`)).status).toBe(404);
  const metrics = (await call(`${open}/metrics`)).body;
  expect(metrics).toContain('route="/take"');
  expect(metrics).toContain('route="/admin"');
});

test("one of several gateways starts as a process of its own, at the port of its variable", async () => {
  const system = await systemWith(POLICY);
  const running = await startPart(system, "admin-gateway", { env: { LOG_LEVEL: "silent", ADMIN_GATEWAY_PORT: "0" } });
  onTestFinished(async () => void (await running.stop()));
  expect(running.parts.map(({ name, kind }) => [name, kind])).toEqual([["admin-gateway", "gateway"]]);
});

test("what the policy says of a gateway by its name counts before what it says of all, and the environment", async () => {
  const config = await resolveConfig(await systemWith(POLICY), { env: { GATEWAY_TIMEOUT: "5s" } });
  const admin = config.gatewayOf("admin-gateway");
  expect(admin.timeouts.request).toEqual({ timeoutMs: 7_000, from: "gateways.admin-gateway.timeout" });
  expect(admin.limits.bodyBytes).toBe(4);
  const open = config.gatewayOf("public-gateway");
  expect(open.timeouts.request).toEqual({ timeoutMs: 5_000, from: "GATEWAY_TIMEOUT" });
  expect(open.limits.bodyBytes).toBe(10_240);
});

test("a path of TLS in the policy file counts from the file", async () => {
  const system = await systemWith("gateways: { admin-gateway: { tls: { cert: tls/a.crt, key: tls/a.key } } }");
  const { tls } = (await resolveConfig(system, { env: {} })).gatewayOf("admin-gateway");
  const folder = join(system.definition.policy ?? "", "..");
  expect(tls).toEqual({ certPath: join(folder, "tls/a.crt"), keyPath: join(folder, "tls/a.key") });
});

test.each([
  [
    "gateways: { admin-gatway: { timeout: 1s } }",
    'gateways.admin-gatway is no gateway of the system (did you mean "admin-gateway"?)',
  ],
  ["gateways: { admin-gateway: { tls: { cert: a.crt } } }", "gateways.admin-gateway.tls needs both cert and key"],
])("%s is refused", async (policy, message) => {
  await expect(resolveConfig(await systemWith(policy), { env: {} })).rejects.toThrow(message);
});

test("gateways that share a name or a port, or each verify users in a way of their own, are refused", () => {
  const { gateways: _, kind: __, ...rest } = greetings.definition;
  const build = (...gateways: Parameters<typeof defineGateway>[0][]) =>
    defineSystem({ ...rest, gateways: gateways.map(defineGateway) });
  const one = { name: "one", port: 3000, routes: [GreetingService] };
  expect(() => build(one, { ...one, port: 3001 })).toThrow('2 parts are named "one"');
  expect(() => build(one, { ...one, name: "two" })).toThrow("one and two share the port 3000");
  const auth = { secret: "0123456789abcdef0123456789abcdef" };
  expect(() => build({ ...one, auth }, { ...one, name: "two", port: 3001, auth })).toThrow(
    "one and two each have auth",
  );
});

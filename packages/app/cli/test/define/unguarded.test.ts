import type { PartDefinition } from "parleyjs";
import { defineGateway, type GatewayDefinitionOptions } from "parleyjs";
import { describeUnguarded, findUnguarded } from "parleyjs/internal";
import { expect, test } from "vitest";
import { ClerkService, KeyService, VaultService } from "../fixtures/vault/gen/vault/v1/vault_pb.ts";
import vault from "../fixtures/vault/system.ts";

const NOTHING = { users: false, serviceTokens: false };
const [keyService, vaultService, clerkService] = vault.services;

function namesOf(parts: readonly (PartDefinition | undefined)[], guards = NOTHING, gateway = vault.gateways?.[0]) {
  const system = { ...vault, ...(gateway && { gateways: [gateway] }) };
  const { methods } = findUnguarded(
    system,
    parts.filter((part) => part !== undefined),
    guards,
  );
  return methods.map(({ name }) => name);
}

test("methods that are not public are unguarded while nothing verifies users", () => {
  expect(namesOf([vaultService])).toEqual(["Look", "Open", "Clean", "Watch"]);
  expect(namesOf([keyService])).toEqual([]);
  expect(namesOf(vault.services, { users: true, serviceTokens: false })).toEqual([]);
});

test("service tokens guard what services may do on their own, as far as no gateway routes there", () => {
  const guards = { users: false, serviceTokens: true };
  expect(namesOf([vaultService, clerkService], guards)).toEqual(["Open", "Watch"]);
  const gateway = defineGateway({ name: "door", port: 0, routes: [VaultService] });
  expect(namesOf([vaultService], guards, gateway)).toEqual(["Look", "Open", "Clean", "Watch"]);
  expect(namesOf([clerkService], guards, gateway)).toEqual([]);
});

test("of a gateway what it routes to counts, and pages of its own that it closes to anybody", () => {
  const pagesOf = (options: Partial<GatewayDefinitionOptions>) => {
    const gateway = defineGateway({ name: "door", port: 0, routes: [KeyService], ...options });
    return describeUnguarded(findUnguarded({ ...vault, gateways: [gateway] }, [gateway], NOTHING))?.message;
  };
  expect(pagesOf({})).toBeUndefined();
  expect(pagesOf({ openapi: { access: "token" } })).toContain("anybody may read /docs");
  expect(pagesOf({ metricsAccess: { roles: ["operator"] } })).toContain("/metrics");
  expect(pagesOf({ realtime: { events: [] }, basePath: "/api" })).toContain("the live events at /api/events");
  expect(pagesOf({ routes: [ClerkService] })).toContain("anybody may call vault.v1.ClerkService/Forward");
});

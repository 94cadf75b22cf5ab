import { announce, exampleRequests, requestsToShow } from "@parley/runtime";
import { defineGateway } from "parleyjs";
import { expect, test } from "vitest";
import { ClerkService, VaultService } from "../fixtures/vault/gen/vault/v1/vault_pb.ts";
import vault from "../fixtures/vault/system.ts";

const gateway = defineGateway({ name: "door", port: 0, basePath: "/api/v1", routes: [VaultService, ClerkService] });

test("examples stand below the gateway's base path", () => {
  expect(exampleRequests({ ...vault, gateways: [gateway] })).toEqual([{ path: "/health" }, { path: "/api/v1/peek" }]);
});

test("a token is shown only where one is asked for", () => {
  const tryIt = ["/health", "/api/v1/peek?x=1", "/api/v1/look", "/api/v1/alone/look", "/nowhere"];
  const requests = requestsToShow({ ...vault, gateways: [gateway], tryIt: tryIt.map((path) => ({ path })) });
  expect(requests.map(({ access }) => access)).toEqual(["public", "public", "token", "public", "token"]);
  const door = { name: "door", kind: "gateway", address: "http://localhost:1", port: 1 } as const;
  const text = announce({ parts: [door], requests, tokens: "asked", startedInMs: 1 });
  expect(text).toContain("curl http://localhost:1/api/v1/alone/look\n");
  expect(text).toContain('curl http://localhost:1/api/v1/look -H "authorization: Bearer $TOKEN"');
});

import type { IdentityKeys } from "parleyjs";
import { identityProblems } from "parleyjs/internal";
import { expect, test } from "vitest";
import { NameService } from "../fixtures/greetings/gen/names/v1/names_pb.ts";
import { ClerkService, KeyService, VaultService } from "../fixtures/vault/gen/vault/v1/vault_pb.ts";
import vault from "../fixtures/vault/system.ts";

const problemsOf = (keys: IdentityKeys, issuer = "us"): readonly string[] => [
  ...identityProblems({ ...vault, identity: { issuer, keys } }),
];

test("keys of a public method, or at a URL, are all right", () => {
  expect(problemsOf({ contract: KeyService, method: "getPublicKeys" })).toEqual([]);
  expect(problemsOf({ jwksUrl: "https://idp.example/keys" })).toEqual([]);
});

test.each([
  ["a method that is not there", { contract: KeyService, method: "keys" }, "its methods are getPublicKeys"],
  ["a method that asks for a token", { contract: VaultService, method: "look" }, "asks for a token itself"],
  ["a stream", { contract: VaultService, method: "watch" }, "name a unary method"],
  ["a response without keys", { contract: ClerkService, method: "alone" }, 'has no list "keys"'],
  ["a contract of nobody", { contract: NameService, method: "getName" }, "which no service of the system implements"],
  ["what is no URL", { jwksUrl: "keys" }, 'must be a URL, got "keys"'],
])("%s is named", (_, keys, message) => {
  expect(problemsOf(keys).join("\n")).toContain(message);
});

test("an issuer is needed", () => {
  expect(problemsOf({ jwksUrl: "https://idp.example/keys" }, "")).toEqual([expect.stringContaining("issuer is empty")]);
});

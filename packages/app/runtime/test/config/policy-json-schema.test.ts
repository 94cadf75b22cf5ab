import { readFile } from "node:fs/promises";
import { Ajv } from "ajv";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { policyJsonSchema } from "../../src/config/policy-json-schema.ts";
import { readPolicy } from "../../src/config/read-policy.ts";

const validate = new Ajv({ strict: true, allowUnionTypes: true }).compile(policyJsonSchema());

test("the published schema is what the table says (run vitest with -u to write it)", async () => {
  const text = `${JSON.stringify(policyJsonSchema(), undefined, 2)}\n`;
  await expect(text).toMatchFileSnapshot("../../../parleyjs/policy.schema.json");
});

test.each([
  "",
  "timeouts: { call: 3s, dial: 1.5s }",
  "timeouts: { call: 3 }",
  "timeouts: { cal: 3s }",
  "timeouts: 3s",
  "retry: { maxAttempts: 3 }",
  "retry: { maxAttempts: 0 }",
  "retry: { maxAttempts: 2.5 }",
  "retry: { codes: [UNAVAILABLE] }",
  "retry: { codes: UNAVAILABLE }",
  "retry: { codes: [OK] }",
  "breaker: off",
  "breaker: on",
  "breaker: { open: 1m }",
  "breaker: { open: 1 m }",
  "limits: { message: 4MiB }",
  "limits: { message: 4MB }",
  "loadBalancing: round_robin",
  "loadBalancing: random",
  "tls: { cert: a.pem, key: '' }",
  "services: { a.v1.A: { timeout: 1s, methods: { Get: { retry: { multiplier: 1.5 } } } } }",
  "services: { a.v1.A: { methods: { Get: { loadBalancing: pick_first } } } }",
  "retry:",
  "- 1",
])("the schema and the reader agree on %j", async (text) => {
  const { problems } = await readPolicy(text, "p.yaml");
  expect(validate(parse(text))).toBe(problems.length === 0);
});

test("the schema is part of the package", async () => {
  const manifest = JSON.parse(await readFile(new URL("../../../parleyjs/package.json", import.meta.url), "utf8"));
  expect(manifest.exports["./policy.schema.json"]).toBe("./policy.schema.json");
  expect(manifest.files).toContain("policy.schema.json");
});

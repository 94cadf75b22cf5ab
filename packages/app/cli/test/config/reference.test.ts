import { readFile } from "node:fs/promises";
import { suspiciousVariables } from "@parley/runtime";
import { flagOf, readPolicy } from "@parley/runtime/internal";
import { defineSystem, environmentVariables } from "parleyjs";
import { expect, test } from "vitest";
import { greetings } from "../greetings.ts";
import { environmentTable, policyTable, withTables } from "../reference-tables.ts";

const PAGE = "../../../../../docs/reference/configuration.md";
const page = await readFile(new URL(PAGE, import.meta.url), "utf8");

test("the reference lists every setting and variable, as the reader has it (run vitest with -u to write it)", async () => {
  const tables = { policy: policyTable(), environment: environmentTable() };
  await expect(withTables(page, tables)).toMatchFileSnapshot(PAGE);
});

test("the example of the reference is a valid policy file", async () => {
  const [, example = ""] = /```yaml\n([\s\S]*?)```/.exec(page) ?? [];
  const { policy, problems } = await readPolicy(example, "example");
  expect(problems).toEqual([]);
  expect(Object.keys(policy).length).toBeGreaterThan(3);
});

test("a system's own variables bear the names of its parts", () => {
  const names = environmentVariables(greetings.definition).map(({ name }) => name);
  expect(names).toEqual(
    expect.arrayContaining([
      "NAME_SERVICE_PORT",
      "DOOR_PORT",
      "NAME_SERVICE_URL",
      "GREETING_SERVICE_URL",
      "NAMEDB_URL",
    ]),
  );
  expect(names).not.toContain("DOOR_URL");
});

test("a variable that looks like a slip is told, with what was meant", () => {
  const env = { NAME_SERVICE_PROT: "1", PARLEY_DATADIR: "x", PATH: "/bin", NAME_SERVICE_PORT: "2" };
  expect(suspiciousVariables(greetings.definition, env)).toEqual([
    { name: "NAME_SERVICE_PROT", suggestion: "NAME_SERVICE_PORT" },
    { name: "PARLEY_DATADIR", suggestion: "PARLEY_DATA_DIR" },
  ]);
});

test("a variable that holds an address and that nothing reads is told, whatever it is named after", () => {
  const env = {
    EMAIL_SERVICE_URL: "mail:50051",
    FOO_SERVICE_URL: "dns:///foo:1",
    NODE_SERVICE_URL: "nodes:1",
    PRICES_URL: "https://prices.example",
    NAME_SERVICE_URL: "names:50051",
    PIP_INDEX_URL: "https://pypi.example",
    PUBLIC_URL: "/app",
    EMPTY_SERVICE_URL: "",
  };
  const named = suspiciousVariables(greetings.definition, env).map(({ name }) => name);
  expect(named).toEqual(["EMAIL_SERVICE_URL", "FOO_SERVICE_URL", "NODE_SERVICE_URL", "PRICES_URL"]);
});

test("a variable that a definition names is read, listed, and no slip", () => {
  const [first, ...rest] = greetings.definition.services;
  const system = defineSystem({
    ...greetings.definition,
    services: first ? [{ ...first, addressVariable: "PEOPLE_URL" }, ...rest] : [],
    variables: { PRICES_URL: "Where prices are asked for." },
  });
  const variables = environmentVariables(system);
  const names = variables.map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(["PEOPLE_URL", "PRICES_URL"]));
  expect(names).not.toContain("NAME_SERVICE_URL");
  expect(variables.find(({ name }) => name === "PRICES_URL")).toMatchObject({ secrecy: "secret" });
  const env = { PEOPLE_URL: "names:1", PRICES_URL: "https://prices.example", NAME_SERVICE_URL: "names:1" };
  expect(suspiciousVariables(system, env).map(({ name }) => name)).toEqual(["NAME_SERVICE_URL"]);
});

test("a flag is named after its variable", () => {
  expect(flagOf("LOG_LEVEL")).toBe("--log-level");
  expect(flagOf("PARLEY_DATABASE")).toBe("--database");
});

import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { environmentVariables } from "../../src/config/environment.ts";
import { flagOf } from "../../src/config/flags.ts";
import { readPolicy } from "../../src/config/read-policy.ts";
import { suspiciousVariables } from "../../src/config/suspicious-variables.ts";
import { greetings } from "../greetings.ts";
import { environmentTable, policyTable, withTables } from "../reference-tables.ts";

const PAGE = "../../../../docs/reference/configuration.md";
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

test("a flag is named after its variable", () => {
  expect(flagOf("LOG_LEVEL")).toBe("--log-level");
  expect(flagOf("PARLEY_DATABASE")).toBe("--database");
});

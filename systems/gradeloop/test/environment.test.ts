import { readFile } from "node:fs/promises";
import { environmentVariables } from "parleyjs";
import { expect, test } from "vitest";
import { readSettings, SETTING_VARIABLES } from "../shared/settings.ts";
import system from "../system.ts";

const example = await readFile(new URL("../infra/env/.env.example", import.meta.url), "utf8");
const lines = [...example.matchAll(/^(#?)([A-Z][A-Z0-9_]*)=(.*)$/gm)].map(([, mark, name = "", value = ""]) => ({
  name,
  value,
  active: mark === "",
}));
const variables = environmentVariables(system);

test("the example of the environment names only variables that gradeloop reads", () => {
  const known = new Set(variables.map(({ name }) => name));
  expect(lines.map(({ name }) => name).filter((name) => !known.has(name))).toEqual([]);
});

test("the example of the environment names every address, port and database of gradeloop's parts, and its own settings", () => {
  const named = new Set(lines.map(({ name }) => name));
  const own = variables
    .map(({ name }) => name)
    .filter((name) => /_(?:URL|PORT)$/.test(name) && name !== "METRICS_PORT");
  expect(own.length).toBeGreaterThan(16);
  expect([...own, ...Object.keys(SETTING_VARIABLES)].filter((name) => !named.has(name))).toEqual([]);
});

test("what the example sets is what holds without it", () => {
  const ports = new Map<string, number>(system.services.map(({ name, port }) => [name, port]));
  const set = Object.fromEntries(lines.filter(({ active }) => active).map(({ name, value }) => [name, value]));
  expect(set.EMAIL_SERVICE_URL).toBe(`localhost:${ports.get("email-notify-service")}`);
  for (const { name, otherwise } of variables) {
    if (/_PORT$/.test(name) && name in set) expect(set[name], name).toBe(otherwise);
  }
  for (const [service, port] of ports) {
    if (service === "email-notify-service") continue;
    expect(set[`${service.toUpperCase().replaceAll("-", "_")}_URL`], service).toBe(`localhost:${port}`);
  }
});

test("the settings that are listed are those that are read", () => {
  const read = new Set<string>();
  const env = new Proxy({}, { get: (_target, name) => void read.add(String(name)) });
  readSettings(env);
  read.delete("NODE_ENV");
  expect([...read].sort()).toEqual(Object.keys(SETTING_VARIABLES).sort());
});

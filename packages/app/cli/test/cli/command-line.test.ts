import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { parley } from "./support/run-parley.ts";

const manifest = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));

test("the installed command runs from the repository's sources, and passes its exit code on", () => {
  const bin = fileURLToPath(new URL(`../../${manifest.bin.parley}`, import.meta.url));
  const version = spawnSync(process.execPath, [bin, "--version"], { encoding: "utf8" });
  expect(version).toMatchObject({ status: 0, stdout: `${manifest.version}\n` });
  expect(spawnSync(process.execPath, [bin, "nonsense"]).status).toBe(2);
});

test.each([
  ["an unknown command", ["generat"], "Did you mean generate?"],
  ["an unknown flag", ["generate", "--sytem", "."], "Did you mean --system?"],
  ["a value that is not allowed", ["generate", "cobol"], "typescript, go, python, all"],
  ["too many arguments", ["check", "everything"], "too many arguments"],
])("%s exits 2 and says what is meant", async (_what, args, message) => {
  const run = await parley(args);
  expect(run).toMatchObject({ exitCode: 2, stdout: "" });
  expect(run.stderr).toContain(message);
  const json = await parley([...args, "--json"]);
  expect(json).toMatchObject({ exitCode: 2, stderr: "" });
  expect(JSON.parse(json.stdout)).toMatchObject({ error: { code: "USAGE" } });
});

test.each(["dev", "start", "generate", "check", "call", "migrate", "doctor"])(
  "%s --help shows examples",
  async (name) => {
    const { exitCode, stdout } = await parley([name, "--help"]);
    expect(exitCode).toBe(0);
    expect(stdout).toContain(`Usage: parley ${name}`);
    expect(stdout).toContain("--json");
    expect(stdout).toMatch(new RegExp(`Examples:\n  parley ${name} `));
  },
);

test("--help alone groups the commands; so does no word at all", async () => {
  const help = await parley(["--help"]);
  expect(help).toMatchObject({ exitCode: 0, stderr: "" });
  expect(help.stdout).toMatch(/Running:[\s\S]*dev[\s\S]*Contracts:[\s\S]*generate[\s\S]*doctor/);
  expect((await parley([])).stdout).toBe(help.stdout);
});

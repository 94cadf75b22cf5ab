import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const PARLEY = fileURLToPath(import.meta.resolve("@parley/cli/package.json")).replace(
  /package\.json$/,
  "bin/parley.js",
);
const SYSTEM = fileURLToPath(new URL("..", import.meta.url));

test("the contracts are in order", { timeout: 60_000 }, () => {
  const { stdout } = spawnSync(process.execPath, [PARLEY, "check", "--system", SYSTEM, "--json"], { encoding: "utf8" });
  expect((JSON.parse(stdout) as { findings: { rule: string }[] }).findings).toEqual([]);
});

import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/**
 * How often the compiler may instantiate a generic type to check a whole system: what makes an editor slow, and the same on every
 * machine. A quarter above what it was when the budget was set (orders 9,800, gradeloop 42,700).
 */
const BUDGETS = { orders: 12_500, gradeloop: 54_000 } as const;

test.each(Object.entries(BUDGETS))("the types of %s stay within %i instantiations", async (system, budget) => {
  const args = ["tsc", "-p", `systems/${system}`, "--noEmit", "--extendedDiagnostics", "--singleThreaded"];
  const { stdout } = await promisify(execFile)("npx", args, { cwd: ROOT, timeout: 60_000 });
  const [, instantiations] = /Instantiations:\s+(\d+)/.exec(stdout) ?? [];
  expect(Number(instantiations)).toBeGreaterThan(0);
  expect(Number(instantiations)).toBeLessThanOrEqual(budget);
});

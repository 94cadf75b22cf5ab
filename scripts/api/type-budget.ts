/**
 * Fails if checking the types of a whole system makes the compiler instantiate generic types more often than its budget allows: what
 * makes an editor slow, and the same number on every machine. Packages must have been built (`tsc -b`), as users have them.
 */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const TSC = fileURLToPath(import.meta.resolve("typescript/package.json")).replace(/package\.json$/, "bin/tsc");

/** A quarter above what it was when the budget was set (orders 11,200, gradeloop 46,300). */
const BUDGETS = { orders: 14_000, gradeloop: 58_000 } as const;

for (const [system, budget] of Object.entries(BUDGETS)) {
  const args = [TSC, "-p", `systems/${system}`, "--noEmit", "--extendedDiagnostics", "--singleThreaded"];
  const report = execFileSync(process.execPath, args, { cwd: ROOT, encoding: "utf8" });
  const instantiations = Number(/Instantiations:\s+(\d+)/.exec(report)?.[1] ?? Number.NaN);
  if (instantiations <= budget) continue;
  process.stderr.write(`the types of ${system} take ${instantiations} instantiations, and ${budget} are allowed\n`);
  process.exitCode = 1;
}

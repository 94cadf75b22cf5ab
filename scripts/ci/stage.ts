import { spawnSync } from "node:child_process";
import { join } from "node:path";

/** The root of the repository. */
export const ROOT = join(import.meta.dirname, "..", "..");

export interface StageResult {
  readonly name: string;
  readonly outcome: "passed" | "failed";
  readonly seconds: number;
}

/** Runs a command on our own output. @returns whether it succeeded */
export function run(command: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): boolean {
  const { status, error } = spawnSync(command, args, { cwd: ROOT, stdio: "inherit", env: { ...process.env, ...env } });
  if (error !== undefined) process.stdout.write(`${command}: ${error.message}\n`);
  return status === 0;
}

/** Runs one stage under a heading, and times it. A stage that throws has failed; the next ones still run. */
export async function runStage(name: string, work: () => boolean | Promise<boolean>): Promise<StageResult> {
  process.stdout.write(`\n── ${name}\n`);
  const startedAt = performance.now();
  let isPassed = false;
  try {
    isPassed = await work();
  } catch (error) {
    process.stdout.write(`${(error as Error).message}\n`);
  }
  return { name, outcome: isPassed ? "passed" : "failed", seconds: (performance.now() - startedAt) / 1000 };
}

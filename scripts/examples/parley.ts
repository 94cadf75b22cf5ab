import { join } from "node:path";
import { ROOT } from "../ci/stage.ts";
import { type ExampleOptions, type RunningExample, startExample } from "./run-example.ts";

/** The system that the examples speak to. */
export const SYSTEM = "systems/gradeloop";

const COMMAND = ["--conditions=@parley/source", join(ROOT, "packages/app/cli/src/main.ts")];
const COMMAND_LIMIT_MS = 300_000;

/** Starts the `parley` command from source. */
export function startParley(args: readonly string[], options: ExampleOptions): RunningExample {
  return startExample(process.execPath, [...COMMAND, ...args], options);
}

/** What a `parley` command prints. Rejects with what it says if it fails. */
export async function parley(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string> {
  const end = await startParley([...args, "--system", SYSTEM], { env, timeoutMs: COMMAND_LIMIT_MS }).ended;
  if (end.exitCode === 0) return end.stdout;
  throw new Error(`parley ${args.join(" ")} failed:\n${end.stdout}${end.stderr}`);
}

import { execFile } from "node:child_process";
import { ROOT } from "../scripts/ci/stage.ts";

export interface ToolOutcome {
  /** What it printed, to both of its outputs. */
  readonly output: string;
  readonly exitCode: number;
}

const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

/** Runs a tool to its end, in the root of the repository unless another folder is given; that it found failures is an outcome. Rejects if it cannot be run, or takes too long. */
export function runTool(
  command: string,
  args: readonly string[],
  { timeoutMs, cwd = ROOT }: { readonly timeoutMs: number; readonly cwd?: string },
): Promise<ToolOutcome> {
  return new Promise((resolve, reject) => {
    const options = { cwd, timeout: timeoutMs, maxBuffer: MAX_OUTPUT_BYTES };
    const child = execFile(command, [...args], options, (error, stdout, stderr) => {
      const output = stdout + stderr;
      if (error === null) return resolve({ output, exitCode: 0 });
      if (typeof error.code === "number") return resolve({ output, exitCode: error.code });
      const how = error.killed ? `was stopped after ${timeoutMs / 1_000} s` : error.message;
      reject(new Error(`${command} ${how}\n${output}`, { cause: error }));
    });
    child.stdin?.end();
  });
}

import { spawn } from "node:child_process";
import { failedPrecondition } from "@parley/core";

export interface ToolResult {
  readonly exitCode: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

export interface ToolOptions {
  readonly cwd?: string | undefined;
  /** Added to the environment of this process. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Written to the tool's standard input, which is then closed. */
  readonly input?: Uint8Array | undefined;
  /** Ends the tool; the promise then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs a program to its end, without a shell. An exit code other than 0 is an answer, not an error.
 * @throws ParleyError FAILED_PRECONDITION if the program cannot be started.
 */
export function runTool(command: string, args: readonly string[], options: ToolOptions = {}): Promise<ToolResult> {
  const { cwd, env, input, signal } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, signal, windowsHide: true });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
    child.on("error", (error) => {
      if (signal?.aborted) reject(signal.reason);
      else reject(failedPrecondition(`cannot run ${command}: ${error.message}`, { cause: error }));
    });
    child.on("close", (code, killedBy) => {
      const text = Buffer.concat(stderr).toString("utf8");
      resolve({
        exitCode: code ?? 1,
        stdout: Buffer.concat(stdout),
        stderr: killedBy ? `${text}(ended by ${killedBy})` : text,
      });
    });
    child.stdin.on("error", () => {}); // a tool may end before it has read its input; its exit code tells
    child.stdin.end(input);
  });
}

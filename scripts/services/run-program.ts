import { execFile } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

const OUTPUT_LINES = 30;

/** The path of a program, looked for on PATH and in the folders for administrators' programs, which a user's PATH may lack. */
export function findProgram(name: string): string | undefined {
  const dirs = [
    ...(process.env.PATH ?? "").split(delimiter),
    "/usr/local/go/bin",
    "/usr/local/sbin",
    "/usr/sbin",
    "/sbin",
  ];
  return dirs
    .map((dir) => join(dir, name))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/** The last lines of a long text. */
export function tail(text: string, lines = OUTPUT_LINES): string {
  return text.trimEnd().split("\n").slice(-lines).join("\n");
}

export interface RunOptions {
  readonly timeoutMs: number;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly owner?: { readonly uid: number; readonly gid: number } | undefined;
}

/** Runs a program to its end without a terminal, and gives what it printed. Rejects with the tail of its output. */
export function runProgram(
  command: string,
  args: readonly string[],
  { timeoutMs, cwd, env, owner }: RunOptions,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = {
      timeout: timeoutMs,
      maxBuffer: 64 * 1024 * 1024,
      env: { ...process.env, ...env },
      ...(cwd && { cwd }),
      ...owner,
    };
    const child = execFile(command, [...args], options, (error, stdout, stderr) => {
      if (error === null) return resolve(stdout);
      const how = error.killed ? `was stopped after ${timeoutMs / 1000} s` : `failed (${error.code ?? error.signal})`;
      reject(new Error(`${command} ${args.join(" ")} ${how}\n${tail(stdout + stderr)}`, { cause: error }));
    });
    child.stdin?.end();
  });
}

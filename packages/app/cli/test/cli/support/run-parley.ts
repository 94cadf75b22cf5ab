import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { vi } from "vitest";
import { runCli } from "../../../src/run-cli.ts";

// Compilers run here, and not only ours: machines that build many things at once are slow.
vi.setConfig({ testTimeout: 60_000 });

const MAIN = fileURLToPath(new URL("../../../src/main.ts", import.meta.url));

/** The folder of one of the fixture systems. */
export function fixture(name: string): string {
  return fileURLToPath(new URL(`../../fixtures/${name}`, import.meta.url));
}

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
}

export interface Run {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command line in this process: all of the command but its start-up, which would take most of the time. */
export async function parley(args: readonly string[], { cwd, env, input }: RunOptions = {}): Promise<Run> {
  const stdout: string[] = [];
  const stderr: string[] = [];
  const exitCode = await runCli(args, {
    cwd: cwd ?? process.cwd(),
    env: { ...process.env, NODE_ENV: "", ...env },
    write: (text) => void stdout.push(text),
    writeError: (text) => void stderr.push(text),
    readInput: async () => input ?? "",
    interrupted: () => new AbortController().signal,
  });
  return { exitCode, stdout: stdout.join(""), stderr: stderr.join("") };
}

/** Runs the real command, as a process of its own, to its end. */
export async function parleyProcess(args: readonly string[], options: RunOptions = {}): Promise<Run> {
  const child = spawnParley(args, options);
  let stdout = "";
  let stderr = "";
  child.stdout?.on("data", (chunk) => (stdout += chunk));
  child.stderr?.on("data", (chunk) => (stderr += chunk));
  child.stdin?.end(options.input ?? "");
  const [exitCode] = (await once(child, "close")) as [number | null];
  return { exitCode, stdout, stderr };
}

/** Runs the real command with nobody at the other end of one of its streams. @returns how it ended, and what the other stream got */
export async function parleyUnread(
  stream: "stdout" | "stderr",
  args: readonly string[],
): Promise<{ readonly exitCode: number | null; readonly other: string }> {
  const child = spawnParley(args, {});
  child[stream]?.destroy();
  let other = "";
  child[stream === "stdout" ? "stderr" : "stdout"]?.on("data", (chunk) => (other += chunk));
  child.stdin?.end();
  const [exitCode] = (await once(child, "close")) as [number | null];
  return { exitCode, other };
}

/** A command that goes on until it is told to stop. */
export interface Running extends AsyncDisposable {
  readonly pid: number | undefined;
  /** All that it has printed so far. */
  output(): string;
  /** Resolves once it has printed the text; rejects if it ends before. */
  printed(text: string): Promise<void>;
  /** Resolves when it has ended. */
  readonly ended: Promise<Run>;
  /** Sends SIGTERM and waits for its end. */
  stop(): Promise<Run>;
}

export function startParley(args: readonly string[], options: RunOptions = {}): Running {
  const child = spawnParley(args, options);
  let stdout = "";
  let stderr = "";
  const closed = once(child, "close").then(([exitCode]) => ({ exitCode: exitCode as number | null, stdout, stderr }));
  child.stdout?.on("data", (chunk) => (stdout += chunk));
  child.stderr?.on("data", (chunk) => (stderr += chunk));
  child.stdin?.end();
  const stop = async (): Promise<Run> => {
    child.kill("SIGTERM");
    return closed;
  };
  return {
    pid: child.pid,
    output: () => stdout + stderr,
    printed: (text) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (stdout.includes(text)) resolve();
        };
        child.stdout?.on("data", look);
        look();
        closed.then(() => reject(new Error(`ended before it printed ${JSON.stringify(text)}:\n${stdout}${stderr}`)));
      }),
    ended: closed,
    stop,
    [Symbol.asyncDispose]: async () => void (await stop()),
  };
}

function spawnParley(args: readonly string[], { cwd, env }: RunOptions): ChildProcess {
  return spawn(process.execPath, ["--conditions=@parley/source", MAIN, ...args], {
    cwd,
    env: { ...process.env, NO_COLOR: "1", NODE_ENV: "", ...env },
  });
}

import { spawn } from "node:child_process";
import { ROOT } from "../ci/stage.ts";

/** How a program ended, and what it printed. */
export interface ExampleEnd {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A program that runs. */
export interface RunningExample {
  /** Resolves with all that was printed once it holds the text; rejects if the program ends, or the time does. */
  printed(text: string, timeoutMs: number): Promise<string>;
  readonly ended: Promise<ExampleEnd>;
  stop(): void;
}

export interface ExampleOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** After this it is killed. */
  readonly timeoutMs: number;
}

/** Starts a program. Rejects (from `ended`) if there is no such program. */
export function startExample(
  command: string,
  args: readonly string[],
  { env, cwd = ROOT, timeoutMs }: ExampleOptions,
): RunningExample {
  const child = spawn(command, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: timeoutMs,
  });
  let stdout = "";
  let stderr = "";
  const listeners = new Set<() => void>();
  const tell = (): void => {
    for (const listener of listeners) listener();
  };
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    stdout += chunk;
    tell();
  });
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    stderr += chunk;
    tell();
  });
  const ended = new Promise<ExampleEnd>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (exitCode) => resolve({ exitCode, stdout, stderr }));
  });
  ended.catch(() => {}); // whoever waits for it is told
  return {
    ended,
    stop: () => void child.kill("SIGTERM"),
    printed(text, limitMs) {
      return new Promise((resolve, reject) => {
        const fail = (why: string): void => {
          settle();
          reject(new Error(`${command} ${why} before it printed ${JSON.stringify(text)}:\n${stdout}${stderr}`));
        };
        const look = (): void => {
          if (!`${stdout}\n${stderr}`.includes(text)) return;
          settle();
          resolve(stdout);
        };
        const timer = setTimeout(() => fail(`ran for ${limitMs / 1_000} s`), limitMs);
        const settle = (): void => {
          clearTimeout(timer);
          listeners.delete(look);
        };
        listeners.add(look);
        ended.then(
          () => fail("ended"),
          (error: Error) => fail(error.message),
        );
        look();
      });
    },
  };
}

/** Runs a program to its end. */
export function runExample(command: string, args: readonly string[], options: ExampleOptions): Promise<ExampleEnd> {
  return startExample(command, args, options).ended;
}

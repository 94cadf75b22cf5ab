import { ParleyError } from "@parley/core";

/** The world around a command, so that it can be run without a process of its own. */
export interface Terminal {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What was asked for. */
  write(text: string): void;
  /** What is said beside it: progress, hints, errors. */
  writeError(text: string): void;
  /** All of standard input. */
  readInput(): Promise<string>;
  /**
   * Aborts when the user interrupts the command (SIGINT, SIGTERM), so that it can clean up behind itself; a second
   * interrupt ends it on the spot. For commands that end by themselves: those that serve listen for signals on their own.
   */
  interrupted(): AbortSignal;
}

/** The terminal of this process. */
export function processTerminal(): Terminal {
  return {
    cwd: process.cwd(),
    env: process.env,
    write: (text) => void process.stdout.write(text),
    writeError: (text) => void process.stderr.write(text),
    async readInput() {
      let text = "";
      process.stdin.setEncoding("utf8");
      for await (const chunk of process.stdin) text += chunk;
      return text;
    },
    interrupted() {
      const controller = new AbortController();
      const abort = (): void => controller.abort(new ParleyError("CANCELLED", "interrupted"));
      for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, abort);
      return controller.signal;
    },
  };
}

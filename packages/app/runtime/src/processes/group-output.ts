import { createLinePrefixer, type LinePrefixer, linePrefix } from "./prefix-lines.ts";

export interface OutputOptions {
  /** Takes what is printed. Default this process's stdout. */
  readonly write?: (text: string) => void;
  /** Default on if stdout is a terminal and NO_COLOR is not set. */
  readonly colors?: "on" | "off";
}

/** The one output of several processes. */
export interface GroupOutput {
  /** Takes what a child prints, and prints it line by line behind the child's name. */
  linesOf(name: string, names: readonly string[]): (chunk: string, stream: "stdout" | "stderr") => void;
  /** Says something of its own. */
  notice(text: string): void;
  write(text: string): void;
  /** Prints lines that were left unfinished. */
  end(): void;
}

export function openOutput(options: OutputOptions): GroupOutput {
  const write = options.write ?? ((text: string) => void process.stdout.write(text));
  const colors = options.colors ?? (process.stdout.isTTY && !process.env.NO_COLOR ? "on" : "off");
  const prefixers: LinePrefixer[] = [];
  return {
    linesOf(name, names) {
      const prefix = linePrefix(name, names, colors);
      // Apart, so that half a line of an error does not end up within half a line of the log.
      const streams = { stdout: createLinePrefixer(prefix, write), stderr: createLinePrefixer(prefix, write) };
      prefixers.push(streams.stdout, streams.stderr);
      return (chunk, stream) => streams[stream].push(chunk);
    },
    notice: (text) => write(`parley: ${text}\n`),
    write,
    end() {
      for (const prefixer of prefixers) prefixer.end();
    },
  };
}

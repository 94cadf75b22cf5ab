import type { Command } from "commander";
import { createOutput, type Output } from "../output.ts";
import type { Terminal } from "../terminal.ts";

/** A line of `--help`: a command to type, and what it does. */
export type Example = readonly [command: string, explanation: string];

/** Flags that every command has. */
export interface CommonFlags {
  readonly json?: boolean;
}

/** A command line that has been understood. */
export interface CommandInput<F extends CommonFlags = CommonFlags> {
  readonly args: readonly (string | undefined)[];
  readonly flags: F;
  readonly output: Output;
  readonly terminal: Terminal;
}

/**
 * What a command does. Resolves to its exit code. It is imported when it runs, so that one command does not wait for
 * what another needs.
 */
export type Action<F extends CommonFlags> = (input: CommandInput<F>) => Promise<number>;

/** Ends a command's definition: the flags that all share, examples under `--help`, and what it does. */
export function finishCommand<F extends CommonFlags>(
  command: Command,
  examples: readonly Example[],
  { terminal, exit }: CommandHost,
  action: Action<F>,
): void {
  const width = Math.max(...examples.map(([line]) => line.length));
  command
    .option("--json", "print JSON for programs, errors included")
    .addHelpText(
      "after",
      `\nExamples:\n${examples.map(([line, explanation]) => `  ${line.padEnd(width)}  ${explanation}`).join("\n")}`,
    )
    .action(async (...parameters: unknown[]) => {
      const flags = command.opts<F>();
      const args = parameters.slice(0, -2) as (string | undefined)[];
      exit(await action({ args, flags, output: createOutput(terminal, flags), terminal }));
    });
}

/** Where commands run. */
export interface CommandHost {
  readonly terminal: Terminal;
  /** Takes the exit code. */
  exit(code: number): void;
}

import { EXIT } from "./exit-codes.ts";
import { createProgram } from "./program.ts";
import type { Terminal } from "./terminal.ts";

/** Runs one command line to its end. Never throws: what went wrong is said, and is in the exit code. */
export async function runCli(argv: readonly string[], terminal: Terminal): Promise<number> {
  let exitCode: number = EXIT.ok;
  // Known before parsing, because a command line that does not parse must be answered in the right format too.
  const format = argv.includes("--json") ? "json" : "text";
  try {
    const program = createProgram({ terminal, exit: (code) => (exitCode = code) }, format);
    if (argv.length === 0) program.help();
    await program.parseAsync(argv, { from: "user" });
    return exitCode;
  } catch (error) {
    const { reportError } = await import("./report-error.ts");
    return reportError(error, terminal, format);
  }
}

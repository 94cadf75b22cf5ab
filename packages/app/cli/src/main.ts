/** The entry of the `parley` command. */

import { onEndedPipe } from "@parley/runtime/internal";
import { keepCompiledCode } from "@parley/wire/internal/compile-cache";

keepCompiledCode();

/** Nothing that is left after the command has anything to say; output to a pipe or a file has been written by then. */
const LINGER_MS = 1_000;

// The reader closed the pipe, which is no failure: commands that clean up at a signal do so now.
let hasReader = true;
onEndedPipe(() => {
  hasReader = false;
  if (!process.emit("SIGTERM", "SIGTERM")) process.exit(0);
});

const { runCli } = await import("./run-cli.ts");
const { processTerminal } = await import("./terminal.ts");
const exitCode = await runCli(process.argv.slice(2), processTerminal());
process.exitCode = hasReader ? exitCode : 0;
// Everything is closed, or was given up: a connection to something silent must not keep a process that has nothing to do any more.
setTimeout(() => process.exit(), LINGER_MS).unref();

/** The entry of the `parley` command. */
import { keepCompiledCode } from "../cache/keep-compiled-code.ts";
import { onEndedPipe } from "../processes/on-ended-pipe.ts";

keepCompiledCode();

// Whoever read the output has enough of it, which is no failure: what cleans up behind itself at a signal does so now.
let hasReader = true;
onEndedPipe(() => {
  hasReader = false;
  if (!process.emit("SIGTERM", "SIGTERM")) process.exit(0);
});

const { runCli } = await import("./run-cli.ts");
const { processTerminal } = await import("./terminal.ts");
const exitCode = await runCli(process.argv.slice(2), processTerminal());
process.exitCode = hasReader ? exitCode : 0;

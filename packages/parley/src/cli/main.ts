/** The entry of the `parley` command. */
import { keepCompiledCode } from "../cache/keep-compiled-code.ts";

keepCompiledCode();

const { runCli } = await import("./run-cli.ts");
const { processTerminal } = await import("./terminal.ts");
process.exitCode = await runCli(process.argv.slice(2), processTerminal());

import { resolve } from "node:path";
import { findEntry, runProcesses } from "@parley/runtime";
import { readConfigFlags } from "../config-flags.ts";
import { UsageError } from "../usage-error.ts";
import type { CommandInput } from "./command.ts";
import type { DevFlags } from "./dev.ts";

export async function runDev(input: CommandInput<DevFlags>): Promise<number> {
  const { args, flags, output, terminal } = input;
  const directory = resolve(terminal.cwd, args[0] ?? ".");
  const configFlags = readConfigFlags(flags);
  if (output.format === "json") {
    if (flags.processes) throw new UsageError("--json and --processes do not go together");
    // Runs the system here, which the process that only watches and spawns need not load.
    const { runForProgram } = await import("./run-for-program.ts");
    return runForProgram({ directory, flags: configFlags, output, terminal });
  }
  await findEntry(directory); // nothing to wait for a change of, if there is no system
  const { createContractKeeper } = await import("@parley/contract-tools");
  const group = runProcesses(
    { directory },
    {
      layout: flags.processes ? "apart" : "together",
      watch: flags.watch,
      contracts: createContractKeeper,
      flags: configFlags,
      startedAtMs: performance.timeOrigin,
    },
  );
  return group.ended;
}

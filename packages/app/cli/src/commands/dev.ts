import type { Command } from "commander";
import { addConfigFlags, type ConfigFlagValues } from "../config-flags.ts";
import { type CommandHost, type CommonFlags, finishCommand } from "./command.ts";

export interface DevFlags extends CommonFlags, ConfigFlagValues {
  readonly processes?: boolean;
  /** False with `--no-watch`. */
  readonly watch: boolean;
}

export function addDev(program: Command, host: CommandHost): void {
  const command = program
    .command("dev")
    .summary("run a whole system, and restart what a file change touches")
    .description(
      "Runs every part of a system, each on its own port, and prints `ready` when all answer. A changed file restarts what it touches. With --json logs and the announcement are JSON, and nothing is watched.",
    )
    .argument("[dir]", "folder of the system", ".")
    .option("--processes", "one process for each part, their logs merged")
    .option("--no-watch", "restart nothing when a file changes");
  finishCommand<DevFlags>(
    addConfigFlags(command),
    [
      ["parley dev systems/orders", "everything in one process"],
      ["parley dev systems/orders --processes", "a process for each part"],
      ["parley dev systems/orders --port api-gateway=8080", "when a port is taken"],
    ],
    host,
    async (input) => (await import("./run-dev.ts")).runDev(input),
  );
}

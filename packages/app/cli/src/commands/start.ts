import type { Command } from "commander";
import { addConfigFlags, type ConfigFlagValues } from "../config-flags.ts";
import { type CommandHost, type CommonFlags, finishCommand } from "./command.ts";

export interface StartFlags extends CommonFlags, ConfigFlagValues {
  readonly system: string;
}

export function addStart(program: Command, host: CommandHost): void {
  const command = program
    .command("start")
    .summary("run one part of a system, as in production")
    .description(
      "Runs one service, or the gateway, in this process. SIGTERM or SIGINT drains it: running calls finish, then it ends; a second one cuts them off. With --json logs are JSON.",
    )
    .argument("<part>", "name of a service or of the gateway")
    .option("--system <dir>", "folder of the system", ".");
  finishCommand<StartFlags>(
    addConfigFlags(command),
    [
      ["parley start order-service --system systems/orders", "one service"],
      ["parley start api-gateway --system systems/orders --port api-gateway=8080", "the gateway, on another port"],
    ],
    host,
    async (input) => (await import("./run-start.ts")).runStart(input),
  );
}

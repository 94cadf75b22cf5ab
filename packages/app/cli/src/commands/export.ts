import { Argument, type Command } from "commander";
import { type CommandHost, type CommonFlags, finishCommand } from "./command.ts";

export interface ExportFlags extends CommonFlags {
  readonly system: string;
}

/** What can be exported. */
export const EXPORTS = ["service-config"] as const;

export function addExport(program: Command, host: CommandHost): void {
  const command = program
    .command("export")
    .summary("print what programs of other languages need to know of a system")
    .description(
      "service-config prints timeouts, retries and balancing of the policy as the service config that gRPC's own clients read.",
    )
    .addArgument(new Argument("<what>", "what to print").choices(EXPORTS))
    .argument("[service]", "only for calls to this service (default: all of the system)")
    .option("--system <dir>", "folder of the system", ".");
  finishCommand<ExportFlags>(
    command,
    [
      ["parley export service-config --system systems/orders", "for calls to any service"],
      ["parley export service-config user-service > user-service.json", "for one, into a file"],
    ],
    host,
    async (input) => (await import("./run-export.ts")).runExport(input),
  );
}

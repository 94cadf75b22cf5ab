import type { Command } from "commander";
import { type CommandHost, type CommonFlags, finishCommand } from "./command.ts";

export interface DoctorFlags extends CommonFlags {
  readonly system: string;
}

export function addDoctor(program: Command, host: CommandHost): void {
  const command = program
    .command("doctor")
    .summary("say what would stop a system from starting, and what to do")
    .description(
      "Checks Node, the generated code, the policy file, the environment, ports, databases and addresses. Changes nothing. With --json it also lists every environment variable that the system reads.",
    )
    .argument("[part]", "one service, or the gateway: look only at what it needs. Default all parts")
    .option("--system <dir>", "folder of the system", ".");
  finishCommand<DoctorFlags>(
    command,
    [
      ["parley doctor --system systems/orders", "before the first start, or when one fails"],
      ["parley doctor user-service --system systems/orders", "one part, as it is configured where it runs"],
    ],
    host,
    async (input) => (await import("./run-doctor.ts")).runDoctor(input),
  );
}

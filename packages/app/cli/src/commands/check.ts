import type { Command } from "commander";
import { type CommandHost, type CommonFlags, finishCommand } from "./command.ts";

export interface CheckFlags extends CommonFlags {
  readonly system: string;
  readonly against?: string;
}

export function addCheck(program: Command, host: CommandHost): void {
  const command = program
    .command("check")
    .summary("find what is wrong with the contracts and events, or would break their readers")
    .description(
      "Checks the contracts in <system>/protos: style, HTTP rules, validation rules, and changes that break the readers of an earlier version. Draws which part publishes and which handles each event, and refuses one that nothing publishes or handles. A buf.yaml in the system's folder sets lint and breaking rules.",
    )
    .option("--system <dir>", "folder of the system", ".")
    .option("--against <ref>", "branch, tag or commit to compare with (default: where this branch left main)");
  finishCommand<CheckFlags>(
    command,
    [
      ["parley check --system systems/orders", "compare with the main branch"],
      ["parley check --against v1.2.0 --json", "compare with a release, for a program"],
    ],
    host,
    async (input) => (await import("./run-check.ts")).runCheck(input),
  );
}

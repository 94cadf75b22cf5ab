import type { Command } from "commander";
import { type CommandHost, type CommonFlags, finishCommand } from "./command.ts";

export interface TokenFlags extends CommonFlags {
  readonly service: string;
  readonly for?: readonly string[];
  readonly ttl: string;
  readonly system: string;
}

export function addToken(program: Command, host: CommandHost): void {
  const command = program
    .command("token")
    .summary("make a service token for a program outside of the system")
    .description(
      "Prints a service token: what a program shows as x-service-token, and its name as x-service-name, with every call to a service that asks for it. It is signed with SERVICE_TOKEN_SECRET, or in development with the secret in the data folder.",
    )
    .requiredOption("--service <name>", "who the program is")
    .option("--for <service>", "a service that it may call; may be repeated (default: all of the system)", collect)
    .option("--ttl <duration>", "how long the token holds", "1h")
    .option("--system <dir>", "folder of the system", ".");
  finishCommand<TokenFlags>(
    command,
    [
      ["parley token --service go-client --system systems/gradeloop", "for all services"],
      ["parley token --service go-client --for academics-service --ttl 10m", "for one of them, and not for long"],
    ],
    host,
    async (input) => (await import("./run-token.ts")).runToken(input),
  );
}

function collect(value: string, values: readonly string[] = []): readonly string[] {
  return [...values, value];
}

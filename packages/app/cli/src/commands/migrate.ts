import { Argument, type Command } from "commander";
import { type CommandHost, type CommonFlags, finishCommand } from "./command.ts";

export interface MigrateFlags extends CommonFlags {
  readonly system: string;
}

export function addMigrate(program: Command, host: CommandHost): void {
  const command = program
    .command("migrate")
    .summary("bring databases up to date, or say whether they are")
    .description(
      "Applies the migrations that the databases of a system do not have yet. Several processes may do so at once: one works, the others wait. `status` changes nothing and fails if a database is behind.",
    )
    .addArgument(new Argument("[action]", "what to do").choices(["up", "status"]).default("up"))
    .argument("[service]", "only the database of this service")
    .option("--system <dir>", "folder of the system", ".");
  finishCommand<MigrateFlags>(
    command,
    [
      ["parley migrate --system systems/orders", "apply what is pending"],
      ["parley migrate status --system systems/orders", "before a deployment: is anything pending?"],
      ["parley migrate up user-service", "one database only"],
    ],
    host,
    async (input) => (await import("./run-migrate.ts")).runMigrate(input),
  );
}

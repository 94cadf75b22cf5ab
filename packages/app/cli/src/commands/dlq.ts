import { Argument, type Command } from "commander";
import { TOKEN_HELP } from "../user-token.ts";
import { type CommandHost, type CommonFlags, finishCommand } from "./command.ts";

export interface DlqFlags extends CommonFlags {
  readonly system: string;
  readonly service?: string;
  readonly event?: string;
  readonly group?: string;
  readonly key?: string;
  readonly code?: string;
  readonly cause?: string;
  readonly all?: boolean;
  readonly rate?: string;
  readonly limit: string;
  readonly token?: string;
}

export function addDlq(program: Command, host: CommandHost): void {
  const command = program
    .command("dlq")
    .summary("look at dead letters: events and jobs that could not be handled")
    .description(
      "Asks the running services of a system for the events and jobs that they could not handle, and has them handled again or dropped. Later events of the same key wait behind a dead one, and go on once it was handled or dropped.",
    )
    .addArgument(new Argument("[action]", "what to do").choices(["list", "show", "replay", "drop"]).default("list"))
    .argument("[id]", "only the letter of this id")
    .option("--service <name>", "only those of this service")
    .option("--event <name>", "only those of this event or queue")
    .option("--group <name>", "only those of this group of subscribers")
    .option("--key <key>", "only those of this key")
    .option("--code <code>", "only those that failed with this code, as in UNAVAILABLE")
    .option("--cause <text>", "only those whose reason contains this text, as in academics-service")
    .option("--all", "replay or drop without naming which")
    .option("--rate <n/s>", "replay at most so many a second, as in 10/s", "10/s")
    .option("--limit <n>", "list at most so many of each service", "100")
    .option("--token <token>", TOKEN_HELP)
    .option("--system <dir>", "folder of the system", ".");
  finishCommand<DlqFlags>(
    command,
    [
      ["parley dlq --system systems/gradeloop", "what waits, of every service"],
      ["parley dlq show 17 --service email-notify-service", "one letter, with its data"],
      ["parley dlq replay --event assignments.created --rate 5/s", "once the cause is mended"],
      [
        "parley dlq replay --code UNAVAILABLE --cause academics-service",
        "whatever a service that was down left behind",
      ],
      ["parley dlq drop 17 --service email-notify-service", "give one up, and let its key go on"],
    ],
    host,
    async (input) => (await import("./run-dlq.ts")).runDlq(input),
  );
}

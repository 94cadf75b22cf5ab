import { packageVersion } from "@parley/runtime/internal";
import { Command } from "commander";
import { addCall } from "./commands/call.ts";
import { addCheck } from "./commands/check.ts";
import type { CommandHost } from "./commands/command.ts";
import { addDev } from "./commands/dev.ts";
import { addDlq } from "./commands/dlq.ts";
import { addDoctor } from "./commands/doctor.ts";
import { addExport } from "./commands/export.ts";
import { addGenerate } from "./commands/generate.ts";
import { addHealth } from "./commands/health.ts";
import { addMigrate } from "./commands/migrate.ts";
import { addStart } from "./commands/start.ts";
import { addToken } from "./commands/token.ts";

/** The whole command line. Commands are thin: each parses, calls the library, prints. */
export function createProgram(host: CommandHost, format: "text" | "json"): Command {
  const { terminal } = host;
  const program = new Command("parley")
    .description("Contracts and handlers in, a whole system of services out.")
    .version(packageVersion(), "--version", "print the version")
    .helpOption("-h, --help", "show help")
    .helpCommand(false)
    .showSuggestionAfterError()
    .showHelpAfterError("(--help shows what the command takes, and examples)")
    .exitOverride()
    .configureOutput({
      writeOut: terminal.write,
      writeErr: format === "json" ? () => {} : terminal.writeError,
    });
  program.commandsGroup("Running:");
  addDev(program, host);
  addStart(program, host);
  program.commandsGroup("Contracts:");
  addGenerate(program, host);
  addCheck(program, host);
  addExport(program, host);
  program.commandsGroup("Looking and mending:");
  addCall(program, host);
  addHealth(program, host);
  addMigrate(program, host);
  addDlq(program, host);
  addDoctor(program, host);
  addToken(program, host);
  return program.addHelpText(
    "after",
    "\nExit codes: 0 done, 1 failed or something was found, 2 the command line is wrong.\nparley <command> --help shows examples.",
  );
}

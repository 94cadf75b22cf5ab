import { LANGUAGES } from "@parley/protobuf/internal";
import { Argument, type Command } from "commander";
import { type CommandHost, type CommonFlags, finishCommand } from "./command.ts";

export interface GenerateFlags extends CommonFlags {
  readonly system: string;
  readonly check?: boolean;
}

export function addGenerate(program: Command, host: CommandHost): void {
  const command = program
    .command("generate")
    .summary("compile the contracts into code")
    .description(
      "Compiles the contracts in <system>/protos into <system>/gen (or those in shared/protos into shared/protos/gen): code, and the descriptors that the runtime reads.",
    )
    .addArgument(new Argument("[language]", "what to write").choices([...LANGUAGES, "all"]).default("typescript"))
    .option("--system <dir>", "folder of the system", ".")
    .option("--check", "write nothing; fail if what is there differs");
  finishCommand<GenerateFlags>(
    command,
    [
      ["parley generate --system systems/orders", "TypeScript, which the system itself runs on"],
      ["parley generate all --check", "in CI: is the committed code up to date?"],
    ],
    host,
    async (input) => (await import("./run-generate.ts")).runGenerate(input),
  );
}

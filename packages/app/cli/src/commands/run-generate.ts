import { resolve } from "node:path";
import type { FileChange } from "@parley/contract-tools";
import { generateContracts } from "@parley/contract-tools";
import { LANGUAGES, type Language, openSystemFolder } from "@parley/protobuf/internal";
import { EXIT } from "../exit-codes.ts";
import { shownPath } from "../shown-path.ts";
import type { CommandInput } from "./command.ts";
import type { GenerateFlags } from "./generate.ts";

export async function runGenerate(input: CommandInput<GenerateFlags>): Promise<number> {
  const { args, flags, output, terminal } = input;
  const [language] = args;
  const folder = openSystemFolder(resolve(terminal.cwd, flags.system));
  const mode = flags.check ? "check" : "write";
  const { changes, fileCount } = await generateContracts(folder, {
    languages: language === "all" ? LANGUAGES : [language as Language],
    mode,
    progress: output.note,
    signal: terminal.interrupted(),
  });
  const upToDate = changes.length === 0;
  output.result({ system: folder.name, mode, upToDate, fileCount, changes }, () =>
    upToDate
      ? `${folder.name}: ${fileCount} files, all up to date`
      : describeChanges(shownPath(folder.genDir, terminal.cwd), mode, changes),
  );
  return upToDate || mode === "write" ? EXIT.ok : EXIT.failed;
}

function describeChanges(genDir: string, mode: "write" | "check", changes: readonly FileChange[]): string {
  const lines = changes.map(({ path, change }) => `  ${change.padEnd(7)}  ${path}`);
  const heading =
    mode === "write"
      ? `wrote ${genDir}:`
      : `${genDir} does not match the contracts. Run \`parley generate\` and commit what it writes:`;
  return [heading, ...lines].join("\n");
}

import { resolve } from "node:path";
import type { BreakingResult } from "../../contracts/check/breaking.ts";
import { checkContracts } from "../../contracts/check/check.ts";
import { findingPlace } from "../../contracts/check/finding.ts";
import { openSystemFolder, type SystemFolder } from "../../contracts/system-folder.ts";
import { EXIT } from "../exit-codes.ts";
import { shownPath } from "../shown-path.ts";
import type { CheckFlags } from "./check.ts";
import type { CommandInput } from "./command.ts";

export async function runCheck({ flags, output, terminal }: CommandInput<CheckFlags>): Promise<number> {
  const folder = openSystemFolder(resolve(terminal.cwd, flags.system));
  const result = await checkContracts(folder, { against: flags.against, signal: terminal.interrupted() });
  const ok = result.findings.length === 0;
  output.result({ system: folder.name, ok, ...result }, () => describe(folder, result, terminal.cwd));
  return ok ? EXIT.ok : EXIT.failed;
}

function describe(folder: SystemFolder, { findings, comparison }: BreakingResult, cwd: string): string {
  const protos = shownPath(folder.protosDir, cwd);
  const lines = findings.flatMap((finding) => [
    `${protos}/${findingPlace(finding)}: ${finding.message} [${finding.rule}]`,
    `    ${finding.remedy}`,
  ]);
  const compared =
    comparison.state === "compared"
      ? `compared with ${comparison.base.name} (${comparison.base.commit.slice(0, 10)})`
      : `breaking changes were not checked: ${comparison.reason}`;
  const count = findings.length === 1 ? "1 finding" : `${findings.length} findings`;
  return [...lines, `${folder.name}: ${findings.length === 0 ? "nothing to correct" : count}, ${compared}`].join("\n");
}

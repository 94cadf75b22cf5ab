import { resolve } from "node:path";
import type { BreakingResult } from "@parley/contract-tools";
import { checkContracts, findingPlace } from "@parley/contract-tools";
import { openSystemFolder, type SystemFolder } from "@parley/protobuf/internal";
import { loadSystem, resolveConfig } from "@parley/runtime";
import { openAccess } from "@parley/runtime/internal";
import { partsOf } from "parleyjs";
import { EXIT } from "../exit-codes.ts";
import { shownPath } from "../shown-path.ts";
import type { CheckFlags } from "./check.ts";
import type { CommandInput } from "./command.ts";

export async function runCheck({ flags, output, terminal }: CommandInput<CheckFlags>): Promise<number> {
  const folder = openSystemFolder(resolve(terminal.cwd, flags.system));
  const result = await checkContracts(folder, { against: flags.against, signal: terminal.interrupted() });
  const ok = result.findings.length === 0;
  const open = await openAccessOf(resolve(terminal.cwd, flags.system), terminal.env);
  const access = open && { access: open };
  output.result({ system: folder.name, ok, ...result, ...access }, () => describe(folder, result, terminal.cwd));
  if (open) output.note(`${open.message}. ${open.remedy}`);
  return ok ? EXIT.ok : EXIT.failed;
}

/** Methods that nothing guards as the system is configured here; undefined too where there is no system that can be loaded. */
async function openAccessOf(dir: string, env: NodeJS.ProcessEnv) {
  try {
    const system = await loadSystem(dir);
    return openAccess(system.definition, partsOf(system.definition), await resolveConfig(system, { env }));
  } catch {
    return undefined; // contracts are checked before there is any code too, and what is wrong with it is for `parley doctor`
  }
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

import { resolve } from "node:path";
import type { BreakingResult } from "@parley/contract-tools";
import { checkContracts, findingPlace } from "@parley/contract-tools";
import { openSystemFolder, type SystemFolder } from "@parley/protobuf/internal";
import { findEntry, type LoadedSystem, loadSystem, resolveConfig } from "@parley/runtime";
import { openAccess } from "@parley/runtime/internal";
import { partsOf } from "parleyjs";
import { describeEvents, type EventReport, reportEvents } from "../check/event-report.ts";
import { EXIT } from "../exit-codes.ts";
import type { Output } from "../output.ts";
import { shownPath } from "../shown-path.ts";
import type { CheckFlags } from "./check.ts";
import type { CommandInput } from "./command.ts";

export async function runCheck({ flags, output, terminal }: CommandInput<CheckFlags>): Promise<number> {
  const folder = openSystemFolder(resolve(terminal.cwd, flags.system));
  const result = await checkContracts(folder, { against: flags.against, signal: terminal.interrupted() });
  const system = await systemIn(resolve(terminal.cwd, flags.system), output);
  const events = system && reportEvents(system.definition);
  const ok = result.findings.length === 0 && (events?.findings.length ?? 0) === 0;
  const open = system && (await openAccessOf(system, terminal.env));
  const found = { system: folder.name, ok, ...result, ...(events && { events }), ...(open && { access: open }) };
  output.result(found, () => describe(folder, { result, events, cwd: terminal.cwd }));
  if (open) output.note(`${open.message}. ${open.remedy}`);
  return ok ? EXIT.ok : EXIT.failed;
}

/** The system of a folder. Contracts are checked before there is any code too: what is wrong with it is for `parley doctor`. */
async function systemIn(dir: string, output: Output): Promise<LoadedSystem | undefined> {
  if (!(await findEntry(dir).catch(() => undefined))) return undefined;
  try {
    return await loadSystem(dir);
  } catch {
    output.note("the events were not checked, because the system cannot be loaded: parley doctor says why");
    return undefined;
  }
}

/** Methods that nothing guards as the system is configured here; undefined too where it is not configured for a start. */
async function openAccessOf(system: LoadedSystem, env: NodeJS.ProcessEnv) {
  try {
    return openAccess(system.definition, partsOf(system.definition), await resolveConfig(system, { env }));
  } catch {
    return undefined;
  }
}

interface Checked {
  readonly result: BreakingResult;
  readonly events: EventReport | undefined;
  readonly cwd: string;
}

function describe(folder: SystemFolder, { result: { findings, comparison }, events, cwd }: Checked): string {
  const protos = shownPath(folder.protosDir, cwd);
  const lines = findings.flatMap((finding) => [
    `${protos}/${findingPlace(finding)}: ${finding.message} [${finding.rule}]`,
    `    ${finding.remedy}`,
  ]);
  const compared =
    comparison.state === "compared"
      ? `compared with ${comparison.base.name} (${comparison.base.commit.slice(0, 10)})`
      : `breaking changes were not checked: ${comparison.reason}`;
  const total = findings.length + (events?.findings.length ?? 0);
  const count = total === 1 ? "1 finding" : `${total} findings`;
  return [
    ...lines,
    ...(events ? describeEvents(events) : []),
    `${folder.name}: ${total === 0 ? "nothing to correct" : count}, ${compared}`,
  ].join("\n");
}

import type { SystemFolder } from "@parley/protobuf/internal";
import { readDescriptors, servicesIn } from "@parley/protobuf/internal";
import { runBuf } from "../buf.ts";
import { compileDescriptors } from "../compile.ts";
import { type Workspace, withWorkspace } from "../workspace.ts";
import { type BreakingResult, checkBreaking } from "./breaking.ts";
import { loadBufConfig } from "./buf-config.ts";
import { readBufFindings } from "./buf-findings.ts";
import { compareFindings, type Finding } from "./finding.ts";
import { checkHttpRules } from "./http-rules.ts";
import { checkValidationRules } from "./validation-rules.ts";

export interface CheckOptions {
  /** Branch, tag or commit to compare with. Default where the present branch left main; on main its last commit. */
  readonly against?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Says everything about the contracts of a system that should change before they ship: style, HTTP rules, validation
 * rules, and whatever would break a reader of the earlier contracts.
 *
 * @throws ParleyError FAILED_PRECONDITION or INVALID_ARGUMENT if `against` names no commit.
 */
export async function checkContracts(folder: SystemFolder, options: CheckOptions = {}): Promise<BreakingResult> {
  const { against, signal } = options;
  const config = await loadBufConfig(folder);
  return withWorkspace(
    folder.protosDir,
    async (workspace) => {
      const lintArgs = ["lint", workspace.system, "--error-format=json"];
      const lint = readBufFindings(await runBuf(lintArgs, { cwd: workspace.dir, signal }), "lint");
      if (lint.some(({ kind }) => kind === "compile")) {
        return { findings: lint, comparison: { state: "skipped", reason: "the contracts do not compile" } };
      }
      const descriptors = await compileDescriptors(workspace, { signal });
      const own = checkOwnRules(descriptors, workspace);
      const breaking = await checkBreaking({ workspace, descriptors, config, against, signal });
      const findings = [...lint, ...own, ...breaking.findings].sort(compareFindings);
      return { findings, comparison: breaking.comparison };
    },
    { config: { ...config } },
  );
}

function checkOwnRules(descriptors: Uint8Array, { protos }: Workspace): readonly Finding[] {
  const registry = readDescriptors(descriptors);
  const isOurs = (file: string): boolean => protos.includes(`${file}.proto`);
  const services = servicesIn(registry).filter((service) => isOurs(service.file.name));
  return [...checkHttpRules(services), ...checkValidationRules(registry, isOurs)];
}

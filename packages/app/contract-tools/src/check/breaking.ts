import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { isParleyError } from "@parley/core";
import { listProtos, readDescriptors, servicesIn } from "@parley/protobuf/internal";
import { frameworkProtosDir, runBuf } from "../buf.ts";
import { compileDescriptors } from "../compile.ts";
import { type Workspace, withWorkspace } from "../workspace.ts";
import type { BufConfig } from "./buf-config.ts";
import { readBufFindings } from "./buf-findings.ts";
import type { Finding } from "./finding.ts";
import { defaultBase, filesAt, type GitBase, namedBase } from "./git.ts";
import { checkHttpChanges } from "./http-changes.ts";

/** What the contracts were compared with, or why with nothing. */
export type Comparison =
  | { readonly state: "compared"; readonly base: GitBase }
  | { readonly state: "skipped"; readonly reason: string };

export interface BreakingInput {
  readonly workspace: Workspace;
  /** The compiled contracts of the workspace. */
  readonly descriptors: Uint8Array;
  readonly config: BufConfig;
  readonly against?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface BreakingResult {
  readonly findings: readonly Finding[];
  readonly comparison: Comparison;
}

/** Compares the contracts with those of an earlier commit, as a reader that was built from them would feel it. */
export async function checkBreaking(input: BreakingInput): Promise<BreakingResult> {
  const { workspace, against, signal } = input;
  const base = against
    ? await namedBase(workspace.protosDir, against, { signal })
    : await defaultBase(workspace.protosDir, { signal });
  if (!base) return skipped("this is no git repository with a commit");
  const dir = await mkdtemp(join(tmpdir(), "parley-before-"));
  try {
    const count = await writeProtosAt(workspace.protosDir, base.commit, dir, signal);
    if (count === 0) return skipped(`${base.name} has no contracts yet`);
    const findings = await compare(dir, input);
    if (!findings) return skipped(`the contracts of ${base.name} do not compile`);
    return { findings, comparison: { state: "compared", base } };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** Undefined if the earlier contracts do not compile: nobody can have been built from them. */
function compare(earlierDir: string, { workspace, descriptors, config, signal }: BreakingInput) {
  return withWorkspace(
    earlierDir,
    async (earlier) => {
      const before = await compileIfSound(earlier, signal);
      if (!before) return undefined;
      const against = join(earlier.dir, earlier.system);
      const args = ["breaking", workspace.system, "--against", against, "--error-format=json"];
      return [
        ...readBufFindings(await runBuf(args, { cwd: workspace.dir, signal }), "breaking"),
        ...checkHttpChanges(servicesIn(readDescriptors(before)), servicesIn(readDescriptors(descriptors))),
      ];
    },
    { config: { ...config } },
  );
}

async function compileIfSound(workspace: Workspace, signal: AbortSignal | undefined): Promise<Uint8Array | undefined> {
  try {
    return await compileDescriptors(workspace, { signal });
  } catch (error) {
    if (isParleyError(error) && error.code === "INVALID_ARGUMENT") return undefined;
    throw error;
  }
}

/** Writes the contracts of a commit, but those that Parley brings itself, and says how many there are. */
async function writeProtosAt(
  protosDir: string,
  commit: string,
  targetDir: string,
  signal: AbortSignal | undefined,
): Promise<number> {
  const framework = new Set(await listProtos(frameworkProtosDir()));
  const files = await filesAt(protosDir, commit, { signal });
  const protos = [...files].filter(([path]) => path.endsWith(".proto") && !framework.has(path));
  for (const [path, bytes] of protos) {
    await mkdir(dirname(join(targetDir, path)), { recursive: true });
    await writeFile(join(targetDir, path), bytes);
  }
  return protos.length;
}

function skipped(reason: string): BreakingResult {
  return { findings: [], comparison: { state: "skipped", reason } };
}

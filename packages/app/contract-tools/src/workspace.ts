import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { failedPrecondition } from "@parley/core";
import { listProtos } from "@parley/protobuf/internal";
import { frameworkProtosDir } from "./buf.ts";

/** A temporary folder in which buf sees two modules: the contracts of a system, and those that come with Parley. */
export interface Workspace {
  readonly dir: string;
  /** Where the contracts were copied from: what messages name. */
  readonly protosDir: string;
  /** The system's module, relative to `dir`. */
  readonly system: typeof SYSTEM_MODULE;
  /** The contracts of the system, as import paths. */
  readonly protos: readonly string[];
}

const SYSTEM_MODULE = "system";
const FRAMEWORK_MODULE = "parley";

export interface WorkspaceOptions {
  /** `lint` and `breaking` settings, merged into the workspace's buf.yaml. */
  readonly config?: Readonly<Record<string, unknown>> | undefined;
}

/**
 * Gives `work` a workspace over a copy of the contracts in `protosDir`, and removes it afterwards, whatever happens.
 * @throws ParleyError FAILED_PRECONDITION if there is no contract, or one that Parley brings itself.
 */
export async function withWorkspace<T>(
  protosDir: string,
  work: (workspace: Workspace) => Promise<T>,
  { config = {} }: WorkspaceOptions = {},
): Promise<T> {
  const protos = await listProtos(protosDir);
  if (protos.length === 0) throw failedPrecondition(`${protosDir} holds no .proto file`);
  const framework = new Set(await listProtos(frameworkProtosDir()));
  const twice = protos.filter((path) => framework.has(path));
  if (twice.length > 0) {
    throw failedPrecondition(`${twice.join(", ")} in ${protosDir} comes with Parley already: remove the copy`);
  }
  const dir = await mkdtemp(join(tmpdir(), "parley-contracts-"));
  try {
    const modules = [{ path: SYSTEM_MODULE }, { path: FRAMEWORK_MODULE }];
    await Promise.all([
      ...protos.map((path) => cp(join(protosDir, path), join(dir, SYSTEM_MODULE, path))),
      cp(frameworkProtosDir(), join(dir, FRAMEWORK_MODULE), { recursive: true }),
      writeFile(join(dir, "buf.yaml"), JSON.stringify({ version: "v2", ...config, modules })),
    ]);
    return await work({ dir, protosDir, system: SYSTEM_MODULE, protos });
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

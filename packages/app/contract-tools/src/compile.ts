import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { ParleyError } from "@parley/core";
import { runBuf } from "./buf.ts";
import type { ToolResult } from "./run-tool.ts";
import type { Workspace } from "./workspace.ts";

export interface CompileOptions {
  readonly signal?: AbortSignal | undefined;
}

/**
 * Compiles the contracts of a workspace to a serialised FileDescriptorSet: with all that they import, and with the
 * comments of the system's own.
 * @throws ParleyError INVALID_ARGUMENT with file, line and column if they do not compile.
 */
export async function compileDescriptors(workspace: Workspace, { signal }: CompileOptions = {}): Promise<Uint8Array> {
  const args = ["build", workspace.system, "--as-file-descriptor-set", "--output", "-#format=binpb"];
  const result = await runBuf(args, { cwd: workspace.dir, signal });
  assertCompiled(result, workspace);
  return withoutForeignComments(result.stdout, workspace.protos);
}

/** Nobody reads the comments of imports, which are most of the bytes and differ from one release of buf to the next. */
function withoutForeignComments(descriptors: Uint8Array, protos: readonly string[]): Uint8Array {
  const set = fromBinary(FileDescriptorSetSchema, descriptors);
  for (const file of set.file) if (!protos.includes(file.name)) delete file.sourceCodeInfo;
  return toBinary(FileDescriptorSetSchema, set);
}

/** Throws what buf said about contracts that do not compile, with their own folder in place of the temporary one. */
export function assertCompiled(result: ToolResult, { protosDir, system }: Workspace): void {
  if (result.exitCode === 0) return;
  const said = result.stderr.trim().replaceAll(new RegExp(`^(?:\\./)?${system}/`, "gm"), `${protosDir}/`);
  throw new ParleyError("INVALID_ARGUMENT", `the contracts do not compile:\n${said}`);
}

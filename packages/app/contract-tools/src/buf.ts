import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { runTool, type ToolOptions, type ToolResult } from "./run-tool.ts";

const require = createRequire(import.meta.url);

/** Runs the `buf` of this package's own dependency: the same version on every machine, and never a download. */
export function runBuf(args: readonly string[], options: ToolOptions): Promise<ToolResult> {
  return runTool(process.execPath, [require.resolve("@bufbuild/buf/bin/buf"), ...args], options);
}

/** How buf starts the TypeScript plugin: a list, so that no shell and no PATH is involved. */
export function typescriptPlugin(): readonly string[] {
  const manifest = require.resolve("@bufbuild/protoc-gen-es/package.json");
  return [process.execPath, join(dirname(manifest), "bin", "protoc-gen-es")];
}

/** The contracts that come with Parley: HTTP rules, validation rules, Parley's own options. */
export function frameworkProtosDir(): string {
  return join(dirname(require.resolve("@parley/protobuf/package.json")), "protos");
}

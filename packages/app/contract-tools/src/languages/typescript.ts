import { join } from "node:path";
import { DESCRIPTORS_FILE, listProtos } from "@parley/protobuf/internal";
import { frameworkProtosDir, runBuf, typescriptPlugin } from "../buf.ts";
import { assertCompiled } from "../compile.ts";
import { readTree } from "../generated-files.ts";
import { importedPackages } from "./imported-packages.ts";
import type { LanguageGenerator } from "./language.ts";

/** What Node can run as it is: no enums, and imports that name the `.ts` file (a build rewrites them to `.js`). */
const RUNS_AS_IT_IS = ["target=ts", "import_extension=ts", "erasable_syntax=true"];

/** What the runtime speaks with itself and its command; no contract of a system imports it. */
const RUNTIME_CONTRACTS = ["parley/v1/dead_letters.proto", "parley/v1/event_transport.proto"];

/** Parley's own contracts that those of a system may import. */
export async function importableContracts(): Promise<readonly string[]> {
  return (await listProtos(frameworkProtosDir())).filter((path) => !RUNTIME_CONTRACTS.includes(path));
}

/** The modules of `@bufbuild/protobuf` that generated code imports. */
const RUNTIME = ["@bufbuild/protobuf", "@bufbuild/protobuf/codegenv2", "@bufbuild/protobuf/wkt"];
const rewritten = (path: string): string => path.replace("@bufbuild/protobuf", "parleyjs/protobuf");

/** TypeScript messages and services by `protoc-gen-es`, beside the descriptor set that the runtime reads. */
export const typescript: LanguageGenerator = {
  async generate({ folder, workspace, descriptors, signal, progress }) {
    const out = "out/typescript";
    const { protobuf, protos, missing, manifest } = importedPackages(folder.dir);
    if (missing.length > 0) {
      progress(
        `${manifest} does not name ${missing.join(" and ")}, which the generated code imports: install it there`,
      );
    }
    // The code of Parley's own contracts comes from one package, so that a process holds each of them once.
    const importable = await importableContracts();
    const opt = [
      ...RUNS_AS_IT_IS,
      ...importable.map((path) => `map_imports=${path}:${protos}`),
      ...(protobuf === "@bufbuild/protobuf" ? [] : RUNTIME.map((path) => `rewrite_imports=${path}:${rewritten(path)}`)),
    ];
    const template = { version: "v2", plugins: [{ local: typescriptPlugin(), out, opt }] };
    const args = ["generate", workspace.system, "--template", JSON.stringify(template)];
    assertCompiled(await runBuf(args, { cwd: workspace.dir, signal }), workspace);
    const files = await readTree(join(workspace.dir, out));
    return files.set(DESCRIPTORS_FILE, descriptors);
  },
  owns: (path) => path.endsWith("_pb.ts") || path === DESCRIPTORS_FILE,
};

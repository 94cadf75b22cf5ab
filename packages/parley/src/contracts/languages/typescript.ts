import { join } from "node:path";
import { frameworkProtosDir, runBuf, typescriptPlugin } from "../buf.ts";
import { assertCompiled } from "../compile.ts";
import { readTree } from "../generated-files.ts";
import { DESCRIPTORS_FILE, listProtos } from "../system-folder.ts";
import type { LanguageGenerator } from "./language.ts";

/** What Node can run as it is: no enums, and imports that name the `.ts` file (a build rewrites them to `.js`). */
const RUNS_AS_IT_IS = ["target=ts", "import_extension=ts", "erasable_syntax=true"];

/** What the runtime speaks with itself and its command; no contract of a system imports it. */
const RUNTIME_CONTRACTS = ["parley/v1/dead_letters.proto", "parley/v1/event_transport.proto"];

/** TypeScript messages and services by `protoc-gen-es`, beside the descriptor set that the runtime reads. */
export const typescript: LanguageGenerator = {
  async generate({ workspace, descriptors, signal }) {
    const out = "out/typescript";
    // The code of Parley's own contracts is in @parley/core, so that a process holds each of them once.
    const framework = await listProtos(frameworkProtosDir());
    const importable = framework.filter((path) => !RUNTIME_CONTRACTS.includes(path));
    const opt = [...RUNS_AS_IT_IS, ...importable.map((path) => `map_imports=${path}:@parley/core/protos`)];
    const template = { version: "v2", plugins: [{ local: typescriptPlugin(), out, opt }] };
    const args = ["generate", workspace.system, "--template", JSON.stringify(template)];
    assertCompiled(await runBuf(args, { cwd: workspace.dir, signal }), workspace);
    const files = await readTree(join(workspace.dir, out));
    return files.set(DESCRIPTORS_FILE, descriptors);
  },
  owns: (path) => path.endsWith("_pb.ts") || path === DESCRIPTORS_FILE,
};

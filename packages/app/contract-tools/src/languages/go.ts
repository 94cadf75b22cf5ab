import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { failedPrecondition } from "@parley/core";
import type { SystemFolder } from "@parley/protobuf/internal";
import { runBuf } from "../buf.ts";
import { assertCompiled } from "../compile.ts";
import { readTree } from "../generated-files.ts";
import { runTool } from "../run-tool.ts";
import { cachedTool } from "../tool-cache.ts";
import type { GenerateInput, LanguageGenerator } from "./language.ts";

/** The official plugins, pinned: another version would write other bytes. */
const PLUGINS = {
  "protoc-gen-go": { module: "google.golang.org/protobuf/cmd/protoc-gen-go", version: "v1.36.12" },
  "protoc-gen-go-grpc": { module: "google.golang.org/grpc/cmd/protoc-gen-go-grpc", version: "v1.6.2" },
} as const;

type Plugin = keyof typeof PLUGINS;

/** Contracts whose Go code is published; it is imported from there, because Go allows each only once in a program. */
const PUBLISHED = [
  { path: "google/api", value: "google.golang.org/genproto/googleapis/api/annotations;annotations" },
  { path: "buf/validate", value: "buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate;validate" },
];

/** What a first go.mod asks for: versions that the generated code was compiled with. Go takes newer ones if asked. */
const REQUIREMENTS = `require (
	buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go v1.36.12-20260825204119-511051f7f437.2
	google.golang.org/genproto/googleapis/api v0.0.0-20260120221211-b8f7ae30c516
	google.golang.org/grpc v1.80.0
	google.golang.org/protobuf v1.36.12
)
`;

/**
 * Go messages and gRPC services by the official plugins, in `gen/go`. Import paths begin with the module that
 * `gen/go/go.mod` names; the first run writes that file, later ones let it alone.
 */
export const go: LanguageGenerator = {
  async generate(input) {
    const { workspace, folder, signal } = input;
    const out = "out/go";
    const goMod = await goModOf(folder);
    const template = {
      version: "v2",
      managed: {
        enabled: true,
        override: [
          { file_option: "go_package_prefix", value: goMod.module },
          ...PUBLISHED.map((published) => ({ file_option: "go_package", ...published })),
        ],
      },
      plugins: [
        { local: await pluginPath("protoc-gen-go", input), out, opt: ["paths=source_relative"] },
        { local: await pluginPath("protoc-gen-go-grpc", input), out, opt: ["paths=source_relative"] },
      ],
    };
    const args = ["generate", workspace.system, "--include-imports", "--template", JSON.stringify(template)];
    assertCompiled(await runBuf(args, { cwd: workspace.dir, signal }), workspace);
    const code = [...(await readTree(join(workspace.dir, out)))].filter(
      ([path]) => !PUBLISHED.some((published) => path.startsWith(`${published.path}/`)),
    );
    const files = new Map(code);
    return goMod.exists ? files : files.set("go.mod", Buffer.from(firstGoMod(goMod.module)));
  },
  owns: (path) => path.endsWith(".pb.go"),
};

async function goModOf(folder: SystemFolder): Promise<{ readonly module: string; readonly exists: boolean }> {
  const path = join(folder.genDir, folder.codeDirs.go, "go.mod");
  if (!existsSync(path)) return { module: `${folder.name}/gen/go`, exists: false };
  const module = /^module\s+(\S+)/m.exec(await readFile(path, "utf8"))?.[1];
  if (!module)
    throw failedPrecondition(`${path} has no module line: add one, for example module example.com/contracts`);
  return { module, exists: true };
}

function firstGoMod(module: string): string {
  return `module ${module}\n\ngo 1.25\n\n${REQUIREMENTS}`;
}

async function pluginPath(name: Plugin, { progress, signal }: GenerateInput): Promise<string> {
  const { module, version } = PLUGINS[name];
  const dir = await cachedTool(`${name}-${version}`, async (target) => {
    progress(`installing ${name} ${version}, once`);
    const result = await runTool("go", ["install", `${module}@${version}`], { env: { GOBIN: target }, signal }).catch(
      (error: unknown) => {
        throw failedPrecondition("Go code needs Go 1.25 or newer: install it from https://go.dev/dl", { cause: error });
      },
    );
    if (result.exitCode !== 0) {
      throw failedPrecondition(`go install ${module}@${version} failed:\n${result.stderr.trim()}`);
    }
  });
  return join(dir, process.platform === "win32" ? `${name}.exe` : name);
}

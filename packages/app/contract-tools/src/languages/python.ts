import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { failedPrecondition, ParleyError } from "@parley/core";
import { readDescriptors } from "@parley/protobuf/internal";
import { readTree } from "../generated-files.ts";
import { runTool } from "../run-tool.ts";
import { cachedTool } from "../tool-cache.ts";
import type { GenerateInput, LanguageGenerator } from "./language.ts";

/** The official compiler, pinned: another version would write other bytes. */
const GRPCIO_TOOLS = "1.85.1";

const NEEDS_PYTHON =
  "Python code needs Python 3.10 or newer with pip: install it from https://www.python.org/downloads";

/** Contracts whose Python code is published for the standard runtime (googleapis-common-protos, protobuf itself). */
const PUBLISHED = /^google\//;

/**
 * Python messages with type stubs, and gRPC services, by the official compiler, in `gen/python`; put that folder on
 * the PYTHONPATH. The requirements.txt beside them names what they import.
 */
export const python: LanguageGenerator = {
  async generate(input) {
    const { workspace, descriptors, signal } = input;
    const interpreter = await findPython(input);
    const tools = await toolsDir(interpreter, input);
    const out = join(workspace.dir, "out/python");
    await mkdir(out, { recursive: true });
    const descriptorsPath = join(workspace.dir, "descriptors.binpb");
    await writeFile(descriptorsPath, descriptors);
    const contracts = [...readDescriptors(descriptors).files].map((file) => `${file.name}.proto`);
    const args = [
      ...["-m", "grpc_tools.protoc", `--descriptor_set_in=${descriptorsPath}`],
      ...[`--python_out=${out}`, `--pyi_out=${out}`, `--grpc_python_out=${out}`],
      ...contracts.filter((path) => !PUBLISHED.test(path)),
    ];
    const result = await runTool(interpreter.command, args, { env: { PYTHONPATH: tools }, signal });
    if (result.exitCode !== 0) throw new ParleyError("INTERNAL", `grpc_tools.protoc failed:\n${result.stderr.trim()}`);
    const code = await readTree(out);
    return new Map(code).set("requirements.txt", Buffer.from(requirements([...code.values()])));
  },
  owns: (path) => /(?:_pb2(?:_grpc)?\.pyi?|requirements\.txt)$/.test(path),
};

interface Interpreter {
  readonly command: string;
  /** `cp311`: compiled packages fit one version only. */
  readonly tag: string;
}

async function findPython({ signal }: GenerateInput): Promise<Interpreter> {
  const script = "import sys; print('cp%d%d' % sys.version_info[:2] if sys.version_info >= (3, 10) else '')";
  for (const command of ["python3", "python"]) {
    const result = await runTool(command, ["-c", script], { signal }).catch(() => undefined);
    const tag = result?.exitCode === 0 && result.stdout.toString("utf8").trim();
    if (tag) return { command, tag };
  }
  throw failedPrecondition(NEEDS_PYTHON);
}

/** A folder of packages rather than a virtual environment: it can be renamed into place, and needs nothing but pip. */
function toolsDir({ command, tag }: Interpreter, { progress, signal }: GenerateInput): Promise<string> {
  return cachedTool(`grpcio-tools-${GRPCIO_TOOLS}-${tag}`, async (target) => {
    progress(`installing grpcio-tools ${GRPCIO_TOOLS}, once`);
    const packages = ["install", "--quiet", "--disable-pip-version-check", "--target", target];
    const args = ["-m", "pip", ...packages, `grpcio-tools==${GRPCIO_TOOLS}`];
    const result = await runTool(command, args, { signal });
    if (result.exitCode !== 0) {
      throw failedPrecondition(`${NEEDS_PYTHON}. pip said:\n${result.stderr.trim()}`);
    }
  });
}

/** The code says itself which protobuf it needs: the one it was made by, or newer. */
function requirements(code: readonly Uint8Array[]): string {
  const version = code
    .map((bytes) => /^# Protobuf Python Version: (\S+)$/m.exec(Buffer.from(bytes).toString("utf8"))?.[1])
    .find((found) => found !== undefined);
  const lines = ["googleapis-common-protos", `grpcio>=${GRPCIO_TOOLS}`, `protobuf>=${version ?? "6"}`];
  return `${lines.join("\n")}\n`;
}

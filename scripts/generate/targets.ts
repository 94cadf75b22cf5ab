import { globSync } from "node:fs";
import { dirname } from "node:path";

/** A run of `buf generate`; paths are from the root. */
export interface BufTarget {
  readonly cwd: string;
  /** What it writes, from `cwd`: must equal `out` in the template. */
  readonly out: string;
  readonly args: readonly string[];
}

export const BUF_TARGETS: readonly BufTarget[] = [
  {
    cwd: "packages/base/protobuf",
    out: "src/contract/gen",
    args: ["--path", "protos/parley", "--path", "protos/google"],
  },
  { cwd: "packages/comms/rpc", out: "src/gen", args: [] },
  { cwd: "conformance", out: "gen", args: [] },
  { cwd: "bench", out: "gen", args: [] },
  {
    // From the root, because buf reads no module outside of where it stands, and this one imports that of `protobuf`.
    cwd: ".",
    out: "packages/comms/rpc/test/gen",
    args: [
      "--config",
      "packages/comms/rpc/test/buf.yaml",
      "--template",
      "packages/comms/rpc/test/buf.gen.yaml",
      "--path",
      "packages/comms/rpc/test/protos/parley",
    ],
  },
];

/** The proto that is printed from a descriptor, from the root. */
export const PRINTED_PROTO = "packages/base/protobuf/protos/buf/validate/validate.proto";

/** Folders with contracts whose generated code `parley generate` keeps: the systems, and those of tests. */
export function contractFolders(root: string): readonly string[] {
  const ownTemplate = new Set(globSync("packages/*/*/test/buf.gen.yaml", { cwd: root }).map(dirname));
  const own = ["systems/*", "packages/*/*/test", "packages/*/*/test/fixtures/*"].map((pattern) => `${pattern}/protos`);
  const shared = globSync("systems/*/shared/protos", { cwd: root }).map((dir) => dirname(dirname(dir)));
  return [...globSync(own, { cwd: root }).map(dirname), ...shared].filter((dir) => !ownTemplate.has(dir)).toSorted();
}

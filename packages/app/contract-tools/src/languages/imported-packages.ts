import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** Where generated TypeScript imports from: package managers such as pnpm let a file import only what its package names. */
export interface ImportedPackages {
  /** The runtime of protobuf: what stands for `@bufbuild/protobuf`. */
  readonly protobuf: "@bufbuild/protobuf" | "parleyjs/protobuf";
  /** The folder of Parley's own contracts. */
  readonly protos: "@parley/protobuf/protos" | "parleyjs/protos";
  /** What the package should name and does not: the code would not find it. */
  readonly missing: readonly string[];
  /** The package.json that was read. */
  readonly manifest: string | undefined;
}

interface Manifest {
  readonly name?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const DIRECT: ReadonlySet<string> = new Set(["@bufbuild/protobuf", "@parley/protobuf"]);

/** A package that names `@bufbuild/protobuf` and `@parley/protobuf` imports them itself; any other gets both by way of `parleyjs`. */
export function importedPackages(dir: string): ImportedPackages {
  const manifest = nearestManifest(dir);
  const named = manifest === undefined ? DIRECT : namesIn(manifest);
  const isDirect = [...DIRECT].every((name) => named.has(name));
  return {
    protobuf: isDirect ? "@bufbuild/protobuf" : "parleyjs/protobuf",
    protos: isDirect ? "@parley/protobuf/protos" : "parleyjs/protos",
    missing: isDirect || named.has("parleyjs") ? [] : ["parleyjs"],
    manifest,
  };
}

function nearestManifest(dir: string): string | undefined {
  const path = join(dir, "package.json");
  if (existsSync(path)) return path;
  return dirname(dir) === dir ? undefined : nearestManifest(dirname(dir));
}

/** What a package depends on, and itself: a package may import its own exports. */
function namesIn(path: string): ReadonlySet<string> {
  const { name, ...manifest } = JSON.parse(readFileSync(path, "utf8")) as Manifest;
  const all = [
    manifest.dependencies,
    manifest.devDependencies,
    manifest.peerDependencies,
    manifest.optionalDependencies,
  ];
  return new Set([...(name === undefined ? [] : [name]), ...all.flatMap((names) => Object.keys(names ?? {}))]);
}

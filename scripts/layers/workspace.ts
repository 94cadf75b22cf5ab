import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { ROOF } from "./arrows.ts";

/** A package of this repository. */
export interface Unit {
  readonly name: string;
  /** Path from the root, with forward slashes. */
  readonly dir: string;
  readonly place: "house" | "roof";
  /** It has a lock file of its own, and finds the house and what the house installs in the folder above. */
  readonly standsAlone: boolean;
  /** Keys of `exports`, such as `.` and `./protos/*.js`. */
  readonly doors: readonly string[];
  /** What shipped code may import. */
  readonly dependencies: ReadonlySet<string>;
  /** What only tests and tools may import besides. */
  readonly devDependencies: ReadonlySet<string>;
}

interface Manifest {
  readonly name: string;
  readonly exports?: Readonly<Record<string, unknown>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

function readManifest(path: string): Manifest {
  return JSON.parse(readFileSync(path, "utf8")) as Manifest;
}

/** Every package under `packages/`, `systems/` and the other folders of the roof, in a stable order. */
export function readWorkspace(root: string): readonly Unit[] {
  const patterns = [
    "packages/*/*/package.json",
    ...ROOF.flatMap((dir) => [`${dir}/package.json`, `${dir}/*/package.json`]),
  ];
  const shared = existsSync(join(root, "package.json")) ? readManifest(join(root, "package.json")).devDependencies : {};
  return globSync(patterns, { cwd: root, exclude: (path) => path.includes("node_modules") })
    .toSorted()
    .map((path) => {
      const manifest = readManifest(join(root, path));
      const dir = dirname(path).replaceAll("\\", "/");
      return {
        name: manifest.name,
        dir,
        place: dir.startsWith("packages/") ? "house" : "roof",
        standsAlone: existsSync(join(root, dir, "package-lock.json")),
        doors: Object.keys(manifest.exports ?? {}),
        dependencies: new Set(Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })),
        devDependencies: new Set(Object.keys({ ...manifest.devDependencies, ...shared })),
      };
    });
}

/** The source files of a unit, from the root; built and installed files are no part of it. */
export function sourceFilesOf(root: string, unit: Unit): readonly string[] {
  const isForeign = (path: string) => /(^|[\\/])(node_modules|dist|results|\.parley)$/.test(path);
  return globSync("**/*.ts", { cwd: join(root, unit.dir), exclude: isForeign })
    .map((path) => `${unit.dir}/${path.replaceAll("\\", "/")}`)
    .filter((path) => !path.endsWith(".d.ts"))
    .toSorted();
}

/** A package in `package-lock.json`. */
export interface LockedPackage {
  readonly version?: string;
  readonly resolved?: string;
  readonly link?: boolean;
  readonly hasInstallScript?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** Packages that bring an install script which they do without; scripts never run here (`.npmrc`). */
const UNNEEDED_SCRIPTS: Readonly<Record<string, string>> = {
  "node_modules/@bufbuild/buf": "puts the binary in place of a small wrapper, to start faster; the wrapper works",
  "node_modules/msgpackr-extract": "an optional native decoder, to be faster; without it the JavaScript one works",
  "node_modules/protobufjs": "warns about a version range in the user's manifest",
};

/** Where Node would find a package from the folder of another, by the lock file's paths. */
function resolveFrom(
  path: string,
  name: string,
  packages: Readonly<Record<string, LockedPackage>>,
): string | undefined {
  for (let dir = path; ; ) {
    const candidate = dir === "" ? `node_modules/${name}` : `${dir}/node_modules/${name}`;
    if (packages[candidate] !== undefined) return candidate;
    if (dir === "") return undefined;
    const nested = dir.lastIndexOf("/node_modules/");
    dir = nested === -1 ? "" : dir.slice(0, nested);
  }
}

/**
 * What is wrong with a lock file: a package that needs an install script; and a package that is named but not locked, such as the binary
 * for a platform that is not the writer's, for which a clean install fails.
 */
export function checkLock(packages: Readonly<Record<string, LockedPackage>>): readonly string[] {
  return Object.entries(packages).flatMap(([path, entry]) => {
    const script = entry.hasInstallScript === true && UNNEEDED_SCRIPTS[path] === undefined;
    const shipped = { ...entry.dependencies, ...entry.optionalDependencies };
    const names = Object.keys(path.includes("node_modules/") ? shipped : { ...shipped, ...entry.devDependencies });
    return [
      ...(script
        ? [
            `${path} has an install script: take another package, or say in scripts/ci/check-lock.ts why it can do without`,
          ]
        : []),
      ...names
        .filter((name) => resolveFrom(path, name, packages) === undefined)
        .map((name) => `${path || "."} names ${name}, which is not locked`),
    ];
  });
}

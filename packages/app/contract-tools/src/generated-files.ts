import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

/** Generated files by path within the `gen` folder. */
export type GeneratedFiles = ReadonlyMap<string, Uint8Array>;

/** How a generated file differs from what was there. */
export interface FileChange {
  /** Path within the `gen` folder. */
  readonly path: string;
  readonly change: "added" | "changed" | "removed";
}

/** All files under a folder, by relative path with `/`; empty if there is no such folder. */
export async function readTree(dir: string): Promise<Map<string, Uint8Array>> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const contents = await Promise.all(files.sort().map(async (path) => [path, await readFile(path)] as const));
  return new Map(
    contents.map(([path, bytes]) => [path.slice(dir.length).replaceAll("\\", "/").replace(/^\/+/, ""), bytes]),
  );
}

/**
 * What has to change in `dir` for it to hold exactly `wanted`. Files that `owns` does not claim are let alone, so that
 * each language cleans up after itself only.
 */
export async function compareGenerated(
  dir: string,
  wanted: GeneratedFiles,
  owns: (path: string) => boolean,
): Promise<readonly FileChange[]> {
  const present = await readTree(dir);
  const changes: FileChange[] = [];
  for (const [path, bytes] of wanted) {
    const old = present.get(path);
    if (!old) changes.push({ path, change: "added" });
    else if (!Buffer.from(old).equals(bytes)) changes.push({ path, change: "changed" });
  }
  for (const path of present.keys()) {
    if (owns(path) && !wanted.has(path)) changes.push({ path, change: "removed" });
  }
  return changes.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Carries the changes out. Files that are the same keep their time stamps, so that nothing that watches them wakes. */
export async function applyChanges(dir: string, wanted: GeneratedFiles, changes: readonly FileChange[]): Promise<void> {
  for (const { path, change } of changes) {
    const target = join(dir, path);
    if (change === "removed") {
      await rm(target);
      continue;
    }
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, wanted.get(path) ?? new Uint8Array());
  }
}

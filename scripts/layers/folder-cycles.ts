import { posix } from "node:path";
import { findCycles } from "./find-cycles.ts";

/**
 * The circles between the folders of a package, types included: two folders that need each other are one. What lies in `src` itself, the
 * contracts that folders share and what composes them, may see every folder and be seen; so may a folder and those within it.
 *
 * @param graph files from the root, each with the files that it imports.
 * @param src the folder of the package's sources.
 */
export function findFolderCycles(
  graph: ReadonlyMap<string, readonly string[]>,
  src: string,
): readonly (readonly string[])[] {
  const folders = new Map<string, Set<string>>();
  for (const [file, imports] of graph) {
    const from = posix.dirname(file);
    if (!from.startsWith(`${src}/`)) continue;
    const seen = folders.get(from) ?? new Set<string>();
    folders.set(from, seen);
    for (const imported of imports) {
      const to = posix.dirname(imported);
      const isKin = to.startsWith(`${from}/`) || from.startsWith(`${to}/`);
      if (to !== from && !isKin && to.startsWith(`${src}/`)) seen.add(to);
    }
  }
  return findCycles(new Map([...folders].map(([folder, seen]) => [folder, [...seen]])));
}

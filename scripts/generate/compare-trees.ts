import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

function filesOf(dir: string): ReadonlySet<string> {
  const paths = readdirSync(dir, { recursive: true, encoding: "utf8" });
  return new Set(paths.filter((path) => statSync(join(dir, path)).isFile()));
}

/** What differs between two folders, a line for each file: empty if they are equal byte for byte. */
export function compareTrees(committed: string, generated: string): readonly string[] {
  const [before, after] = [filesOf(committed), filesOf(generated)];
  return [...new Set([...before, ...after])].toSorted().flatMap((path) => {
    if (!after.has(path)) return [`${path} is no longer generated`];
    if (!before.has(path)) return [`${path} is missing`];
    return readFileSync(join(committed, path)).equals(readFileSync(join(generated, path))) ? [] : [`${path} differs`];
  });
}

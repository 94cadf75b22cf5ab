/** True for the paths listed: exact, or below (and at) one that ends in `/*`. */
export function createPublicPaths(paths: readonly string[]): (path: string) => boolean {
  const exact = new Set(paths.map((path) => path.replace(/\/\*$/, "")));
  const prefixes = paths.filter((path) => path.endsWith("/*")).map((path) => path.slice(0, -1));
  return (path) => exact.has(path) || prefixes.some((prefix) => path.startsWith(prefix));
}

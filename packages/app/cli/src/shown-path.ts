import { isAbsolute, relative } from "node:path";

/** A path as a person at `cwd` would type it: from there if it lies below, else the whole of it. */
export function shownPath(path: string, cwd: string): string {
  const short = relative(cwd, path);
  return short === "" || short.startsWith("..") || isAbsolute(short) ? path : short;
}

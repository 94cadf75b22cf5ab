import { sep } from "node:path";

/** The files whose change touches a process. Absolute paths. */
export interface SourceSet {
  readonly files: readonly string[];
  /** Whatever lies below these counts as well. */
  readonly folders: readonly string[];
}

export function includesPath({ files, folders }: SourceSet, path: string): boolean {
  return files.includes(path) || folders.some((folder) => path.startsWith(folder + sep));
}

import { readdirSync, readFileSync } from "node:fs";

/** Open file descriptors, sockets included; undefined where the system does not show them as Linux does. */
export function countOpenFiles(): number | undefined {
  try {
    return readdirSync("/proc/self/fd").length - 1; // without the one that lists them
  } catch {
    return undefined;
  }
}

/** How many this process may have; undefined where there is no limit or none is shown. */
export function readOpenFilesLimit(): number | undefined {
  try {
    const soft = /^Max open files\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8"))?.[1];
    return soft === undefined ? undefined : Number(soft);
  } catch {
    return undefined;
  }
}

import { type FSWatcher, watch } from "node:fs";
import { dirname, join } from "node:path";
import type { SourceSet } from "./source-set.ts";

/** Tells of changes below a changing set of folders. */
export interface FileWatch {
  /** Watches the folders that hold these sources, and the folders themselves; those no longer named are let go. */
  follow(sources: Iterable<SourceSet>): void;
  close(): void;
}

/** An editor writes a file in several steps, and a tool writes several files: one restart is enough. */
const DEBOUNCE_MS = 100;

/**
 * Watches folders, not files: editors replace a file by another of the same name, and only its folder sees that.
 * @param onChange gets the absolute paths that changed, at most once in 100 ms.
 */
export function watchFiles(onChange: (paths: ReadonlySet<string>) => void): FileWatch {
  const watchers = new Map<string, FSWatcher>();
  let changed = new Set<string>();
  let timer: NodeJS.Timeout | undefined;

  const note = (path: string): void => {
    changed.add(path);
    timer ??= setTimeout(() => {
      timer = undefined;
      const paths = changed;
      changed = new Set();
      onChange(paths);
    }, DEBOUNCE_MS);
  };
  const open = (folder: string): FSWatcher | undefined => {
    try {
      const watcher = watch(folder, (_event, name) => note(name === null ? folder : join(folder, name)));
      // A folder that is removed ends its watch; the next `follow` looks again.
      watcher.on("error", () => {
        watcher.close();
        watchers.delete(folder);
      });
      return watcher;
    } catch {
      return undefined;
    }
  };
  return {
    follow(sources) {
      const wanted = new Set([...sources].flatMap(({ files, folders }) => [...files.map(dirname), ...folders]));
      for (const [folder, watcher] of watchers) {
        if (wanted.has(folder)) continue;
        watcher.close();
        watchers.delete(folder);
      }
      for (const folder of wanted) {
        const watcher = watchers.has(folder) ? undefined : open(folder);
        if (watcher) watchers.set(folder, watcher);
      }
    },
    close() {
      clearTimeout(timer);
      for (const watcher of watchers.values()) watcher.close();
      watchers.clear();
    },
  };
}

import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { cacheDir } from "@parley/wire/internal/cache-dir";

/**
 * The folder of a tool that is not an npm package, installed by `install` when it is used for the first time. Two
 * processes may do so at once: each installs beside the place and one wins the rename, so a half-installed tool is
 * never used.
 */
export async function cachedTool(name: string, install: (dir: string) => Promise<void>): Promise<string> {
  const dir = join(cacheDir(), "tools", name);
  if (existsSync(dir)) return dir;
  await mkdir(dirname(dir), { recursive: true });
  const fresh = await mkdtemp(`${dir}-`);
  try {
    await install(fresh);
    await rename(fresh, dir).catch((error: NodeJS.ErrnoException) => {
      if (!existsSync(dir)) throw error; // else another process was quicker
    });
    return dir;
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
}

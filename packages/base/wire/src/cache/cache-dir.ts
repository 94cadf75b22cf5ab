import { homedir } from "node:os";
import { join } from "node:path";

/** The user's folder for what can be made again: `PARLEY_CACHE_DIR`, else `parley` in the cache folder of the system. */
export function cacheDir(env: NodeJS.ProcessEnv = process.env): string {
  if (env.PARLEY_CACHE_DIR) return env.PARLEY_CACHE_DIR;
  if (env.XDG_CACHE_HOME) return join(env.XDG_CACHE_HOME, "parley");
  if (process.platform === "win32" && env.LOCALAPPDATA) return join(env.LOCALAPPDATA, "parley");
  return join(homedir(), ".cache", "parley");
}

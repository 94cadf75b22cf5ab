import { lstatSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { homedir, tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { LaunchError } from "./launch-error.mjs";

/** The system's folder for things that can be fetched again. @param {NodeJS.ProcessEnv} env */
function systemCacheDir(env) {
  if (env.XDG_CACHE_HOME) return env.XDG_CACHE_HOME;
  if (process.platform === "win32") return env.LOCALAPPDATA ?? join(homedir(), "AppData", "Local");
  return join(homedir(), ".cache");
}

/** A folder in the shared temp directory is used only if no other user can have planted it. @param {string} dir */
function isOwn(dir) {
  const stat = lstatSync(dir);
  return stat.isDirectory() && (process.getuid === undefined || stat.uid === process.getuid());
}

/** @param {string} dir */
function isUsable(dir) {
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    rmSync(mkdtempSync(join(dir, ".probe-")), { recursive: true });
    return isOwn(dir);
  } catch {
    return false;
  }
}

/** @param {NodeJS.ProcessEnv} env */
function candidateDirs(env) {
  if (env.PARLEY_CACHE_DIR) return [env.PARLEY_CACHE_DIR];
  return [join(systemCacheDir(env), "parley"), join(tmpdir(), `parley-${userInfo().username}`)];
}

/**
 * The folder that outlives `node_modules`: `PARLEY_CACHE_DIR` if set, else the system's cache folder, else (where home is
 * read-only) one of this user's own in the temp directory.
 *
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {string | undefined} undefined if none of them can be written
 */
export function findCacheDir(env = process.env) {
  return candidateDirs(env).find(isUsable);
}

/** {@link findCacheDir} for those who cannot do without. @param {NodeJS.ProcessEnv} [env] @returns {string} */
export function requireCacheDir(env = process.env) {
  const dir = findCacheDir(env);
  if (dir !== undefined) return dir;
  throw new LaunchError(
    `Cannot write to ${candidateDirs(env).join(" nor ")}. Set PARLEY_CACHE_DIR to a folder for the cache.`,
  );
}

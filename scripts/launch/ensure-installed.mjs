import { readFileSync } from "node:fs";
import { join } from "node:path";
import { say } from "./launch-error.mjs";
import { runNpm } from "./npm.mjs";
import { withLock } from "./with-lock.mjs";

const INSTALL_TIMEOUT_MS = 10 * 60_000;

/** @typedef {{ version?: string; integrity?: string; resolved?: string; link?: boolean; optional?: boolean }} LockedPackage */

/** @param {string} path @returns {Record<string, LockedPackage> | undefined} undefined if there is no such file, or it is cut short */
function readLock(path) {
  try {
    return JSON.parse(readFileSync(path, "utf8")).packages;
  } catch {
    return undefined;
  }
}

/**
 * Whether `node_modules` holds exactly what the lock file asks for. npm keeps its own record of what it unpacked and writes it last,
 * so an install that was interrupted counts as none. Times of files are not trusted: a checkout changes them.
 *
 * @param {string} dir holding package-lock.json
 * @returns {boolean}
 */
export function isInstalled(dir) {
  const wanted = readLock(join(dir, "package-lock.json"));
  if (wanted === undefined) return false;
  const installed = readLock(join(dir, "node_modules", ".package-lock.json"));
  if (installed === undefined) return false;
  return Object.entries(wanted).every(([path, entry]) => {
    if (!path.startsWith("node_modules/") && !path.includes("/node_modules/")) return true; // a workspace's own manifest
    const present = installed[path];
    if (present === undefined) return entry.optional === true; // built for another platform
    return entry.link
      ? present.link === true && present.resolved === entry.resolved
      : present.version === entry.version && present.integrity === entry.integrity;
  });
}

/**
 * Installs what the lock file says, if it is not there already. Quiet unless it fails; one process at a time.
 *
 * @param {{ dir: string; node: string; env: NodeJS.ProcessEnv }} options
 * @returns {Promise<void>}
 */
export async function ensureInstalled({ dir, node, env }) {
  if (isInstalled(dir)) return;
  await withLock(join(dir, ".parley", "install.lock"), {
    timeoutMs: INSTALL_TIMEOUT_MS,
    work: async () => {
      if (isInstalled(dir)) return;
      say("installing what package-lock.json names");
      // Development tools are part of a checkout whatever NODE_ENV says.
      const args = [
        "ci",
        "--prefix",
        dir,
        "--include=dev",
        "--include=optional",
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
      ];
      await runNpm(args, { node, cwd: dir, env, purpose: "install the dependencies" });
    },
  });
}

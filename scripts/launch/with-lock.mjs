import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { LaunchError } from "./launch-error.mjs";

const POLL_MS = 200;

/** @param {string} path */
function isHolderAlive(path) {
  try {
    process.kill(Number(readFileSync(path, "utf8")), 0);
    return true;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === "EPERM";
  }
}

/** @param {string} path */
function tryAcquire(path) {
  try {
    writeFileSync(path, String(process.pid), { flag: "wx" });
    return true;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== "EEXIST") throw error;
    return false;
  }
}

/**
 * Runs `work` while no other process on this machine does so under the same lock file. The lock of a process that died is taken over.
 *
 * @template T
 * @param {string} path of the lock file
 * @param {{ timeoutMs: number; work: () => Promise<T> }} options
 * @returns {Promise<T>}
 */
export async function withLock(path, { timeoutMs, work }) {
  mkdirSync(dirname(path), { recursive: true });
  const giveUpAt = Date.now() + timeoutMs;
  while (!tryAcquire(path)) {
    if (!isHolderAlive(path)) rmSync(path, { force: true });
    else if (Date.now() > giveUpAt)
      throw new LaunchError(`Waited ${timeoutMs / 1000} s for another process. If there is none, delete ${path}.`);
    else await delay(POLL_MS);
  }
  try {
    return await work();
  } finally {
    rmSync(path, { force: true });
  }
}

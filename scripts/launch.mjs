#!/usr/bin/env node
/**
 * The one door to every task of this repository. Runs on any Node >= 18 with nothing installed: it finds a Node that is new enough,
 * installs what the lock file names, then gives way to the task.
 */
import { existsSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { findCacheDir } from "./launch/cache-dir.mjs";
import { ensureInstalled } from "./launch/ensure-installed.mjs";
import { ensureNode } from "./launch/ensure-node.mjs";
import { LaunchError } from "./launch/launch-error.mjs";
import { runStep } from "./launch/run-step.mjs";
import { TASKS } from "./launch/tasks.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

function usage() {
  const width = Math.max(...Object.values(TASKS).map((task) => task.usage.length));
  const lines = Object.values(TASKS).map((task) => `  ${task.usage.padEnd(width)}  ${task.summary}`);
  return ["Usage: node scripts/launch.mjs <task>", "", ...lines, ""].join("\n");
}

/** Children find the same Node first, and keep what V8 compiled for the next start. @param {string} node */
function childEnv(node) {
  const pathKey = Object.keys(process.env).find((key) => key.toUpperCase() === "PATH") ?? "PATH";
  const path = [dirname(node), process.env[pathKey]].filter(Boolean).join(delimiter);
  const cacheDir = findCacheDir();
  const compileCache = cacheDir === undefined ? {} : { NODE_COMPILE_CACHE: join(cacheDir, "compiled") };
  return { ...compileCache, ...process.env, [pathKey]: path };
}

/** @param {readonly string[]} argv @returns {Promise<{ code: number } | { signal: NodeJS.Signals }>} */
async function launch([name = "--help", ...args]) {
  if (name === "--help" || name === "-h") {
    process.stdout.write(usage());
    return { code: 0 };
  }
  const task = Object.hasOwn(TASKS, name) ? TASKS[name] : undefined;
  if (task === undefined) throw new LaunchError(`No task "${name}".\n\n${usage()}`, 2);
  const node = await ensureNode();
  const env = childEnv(node);
  const projects = (task.projects ?? [])
    .map((project) => join(root, project))
    .filter((dir) => existsSync(join(dir, "package-lock.json")));
  for (const dir of [root, ...projects]) await ensureInstalled({ dir, node, env });
  for (const step of task.steps(args, { root, node })) {
    const end = await runStep({ ...step, cwd: root, env });
    if (!("code" in end) || end.code !== 0) return end;
  }
  return { code: 0 };
}

try {
  const end = await launch(process.argv.slice(2));
  if ("signal" in end) process.kill(process.pid, end.signal);
  else process.exitCode = end.code;
} catch (error) {
  if (!(error instanceof LaunchError)) throw error;
  process.stderr.write(`parley: ${error.message}\n`);
  process.exitCode = error.exitCode;
}

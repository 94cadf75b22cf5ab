import { spawn } from "node:child_process";
import { existsSync, realpathSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { LaunchError } from "./launch-error.mjs";

/** The place of npm's own script beside a node binary, by platform. */
const BESIDE_NODE = ["node_modules/npm/bin/npm-cli.js", "../lib/node_modules/npm/bin/npm-cli.js"];

/** The user's npm as a script, or undefined where only a wrapper of it is to be found. @param {NodeJS.ProcessEnv} env */
function findNpmScript(env) {
  if (env.npm_execpath?.endsWith("npm-cli.js") && existsSync(env.npm_execpath)) return env.npm_execpath;
  for (const dir of (env.PATH ?? env.Path ?? "").split(delimiter)) {
    const link = join(dir, "npm");
    const script = existsSync(link) ? realpathSync(link) : "";
    if (script.endsWith("npm-cli.js")) return script;
  }
  return BESIDE_NODE.map((path) => join(dirname(process.execPath), path)).find(existsSync);
}

/**
 * Runs the user's own npm, so that their registry, proxy and certificates count. Quiet: what it printed is part of the error.
 *
 * @param {readonly string[]} args
 * @param {{ node: string; cwd: string; env: NodeJS.ProcessEnv; purpose: string }} options `node` runs npm; `purpose` completes "Could not …"
 * @returns {Promise<void>}
 */
export function runNpm(args, { node, cwd, env, purpose }) {
  const script = findNpmScript(env);
  const [command, prefix] = script === undefined ? ["npm", []] : [node, [script]];
  return new Promise((resolve, reject) => {
    // Only Windows needs a shell, and only for npm.cmd; there is then no argument with a space but the folder, which is quoted.
    const shell = script === undefined && process.platform === "win32";
    const quoted = shell ? args.map((arg) => (arg.includes(" ") ? `"${arg}"` : arg)) : args;
    const child = spawn(command, [...prefix, ...quoted], { cwd, env, shell, stdio: ["ignore", "pipe", "pipe"] });
    /** @type {Buffer[]} */
    const output = [];
    child.stdout.on("data", (chunk) => output.push(chunk));
    child.stderr.on("data", (chunk) => output.push(chunk));
    child.once("error", (cause) =>
      reject(new LaunchError(`Could not ${purpose}: npm did not start (${cause.message}). Install npm.`)),
    );
    child.once("close", (code, signal) => {
      if (code === 0) return resolve();
      const text = Buffer.concat(output).toString().trim();
      reject(
        new LaunchError(`Could not ${purpose}: npm ${args[0]} ended with ${signal ?? `exit code ${code}`}.\n${text}`),
      );
    });
  });
}

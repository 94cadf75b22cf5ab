import { spawn } from "node:child_process";
import { LaunchError } from "./launch-error.mjs";

/** npm passes on a signal that the terminal has sent as well; within this time the two are one. */
const SAME_SIGNAL_MS = 300;
const PARENT_CHECK_MS = 250;
/** @type {readonly NodeJS.Signals[]} */
const FORWARDED = ["SIGINT", "SIGTERM", "SIGHUP"];

/** Ctrl-C reaches every process in the terminal's foreground group, the child included; passing it on would be a second one. */
function terminalSendsInterrupts() {
  return process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY;
}

/** @param {import("node:child_process").ChildProcess} child @returns {() => void} stops forwarding */
function forwardSignals(child) {
  /** @type {Map<NodeJS.Signals, number>} */
  const lastAt = new Map();
  /** @param {NodeJS.Signals} signal */
  const forward = (signal) => {
    const now = Date.now();
    const isRepeat = now - (lastAt.get(signal) ?? Number.NEGATIVE_INFINITY) < SAME_SIGNAL_MS;
    lastAt.set(signal, now);
    if (!isRepeat && !(signal === "SIGINT" && terminalSendsInterrupts())) child.kill(signal);
  };
  for (const signal of FORWARDED) process.on(signal, forward);
  return () => {
    for (const signal of FORWARDED) process.off(signal, forward);
  };
}

/**
 * `npm start` puts a shell between npm and us. A signal to npm ends that shell and goes no further, so the end of our parent is taken
 * as the signal that we were not given.
 *
 * @param {import("node:child_process").ChildProcess} child @returns {() => void} stops watching
 */
function endWithNpm(child) {
  if (process.env.npm_lifecycle_event === undefined) return () => {};
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    child.kill("SIGTERM");
  }, PARENT_CHECK_MS);
  return () => clearInterval(timer);
}

/**
 * Runs one command on our own stdin, stdout and stderr, and passes signals on.
 *
 * @param {{ command: string; args: readonly string[]; cwd: string; env: NodeJS.ProcessEnv }} step
 * @returns {Promise<{ code: number } | { signal: NodeJS.Signals }>} how it ended
 */
export function runStep({ command, args, cwd, env }) {
  return new Promise((resolve, reject) => {
    const isScript = process.platform === "win32" && command.endsWith(".cmd");
    const child = spawn(command, args, { cwd, env, stdio: "inherit", shell: isScript });
    const stops = [forwardSignals(child), endWithNpm(child)];
    const stop = () => {
      for (const end of stops) end();
    };
    child.once("error", (cause) => {
      stop();
      reject(new LaunchError(`Could not start ${command}: ${cause.message}`));
    });
    child.once("exit", (code, signal) => {
      stop();
      resolve(signal === null ? { code: code ?? 1 } : { signal });
    });
  });
}

#!/usr/bin/env node
// Starts the parley command. Written for old Nodes too, so that they get a sentence instead of a stack trace.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const MIN_NODE_MAJOR = 24;
const sources = fileURLToPath(new URL("../src/main.ts", import.meta.url));

if (Number(process.versions.node.split(".")[0]) < MIN_NODE_MAJOR) {
  process.stderr.write(
    `parley needs Node ${MIN_NODE_MAJOR} or newer, and this is ${process.version}. Install it from https://nodejs.org\n`,
  );
  process.exitCode = 1;
} else if (existsSync(sources)) {
  runSources();
} else {
  await import("../dist/main.js");
}

/** In Parley's own repository: the sources, of all packages. A published package holds none. */
function runSources() {
  const args = ["--conditions=@parley/source", ...process.execArgv, sources, ...process.argv.slice(2)];
  const child = spawn(process.execPath, args, { stdio: "inherit" });
  // A terminal signals the whole group, so the child hears SIGINT itself; the parent only has to outlive it.
  process.on("SIGINT", () => {});
  process.on("SIGTERM", () => child.kill("SIGTERM"));
  child.on("error", (error) => {
    process.stderr.write(`cannot start ${process.execPath}: ${error.message}\n`);
    process.exitCode = 1;
  });
  child.on("exit", (code, signal) => {
    if (signal) {
      process.removeAllListeners(signal);
      process.kill(process.pid, signal);
    } else {
      process.exitCode = code ?? 1;
    }
  });
}

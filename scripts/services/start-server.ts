import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { placeOf, type ServerFiles } from "./places.ts";
import { recordProcess } from "./process-record.ts";
import { tail } from "./run-program.ts";
import type { ServerCommand, ServerDefinition } from "./server.ts";
import { stopServer } from "./stop-server.ts";

const START_TIMEOUT_MS = 90_000;
const PROBE_EVERY_MS = 150;
const PROBE_TIMEOUT_MS = 2_000;

/** A process of its own session: it outlives us, and Ctrl-C in our terminal is not for it. */
function spawnDetached({ command, args, env, owner }: ServerCommand, { dataDir, logFile }: ServerFiles): ChildProcess {
  const log = openSync(logFile, "w");
  try {
    return spawn(command, args, {
      cwd: dataDir,
      detached: true,
      stdio: ["ignore", log, log],
      env: { ...process.env, ...env },
      ...owner,
    });
  } finally {
    closeSync(log);
  }
}

async function waitUntilWell(server: ServerDefinition, child: ChildProcess, port: number): Promise<void> {
  const giveUpAt = Date.now() + START_TIMEOUT_MS;
  let ended: string | undefined;
  child.once("error", (error) => {
    ended = error.message;
  });
  child.once("exit", (code, signal) => {
    ended = `it ended with ${signal ?? `exit code ${code}`}`;
  });
  for (;;) {
    const problem = await server.probe(port, { timeoutMs: PROBE_TIMEOUT_MS }).then(
      () => undefined,
      (error: Error) => error.message,
    );
    if (ended !== undefined) throw new Error(ended);
    if (problem === undefined) return;
    if (Date.now() > giveUpAt) throw new Error(`not well after ${START_TIMEOUT_MS / 1000} s: ${problem}`);
    await delay(PROBE_EVERY_MS);
  }
}

/** Starts a server whose programs are there, and resolves once it answers. On failure it is stopped, and the error has the end of its log. */
export async function startServer(server: ServerDefinition): Promise<void> {
  const place = placeOf(server);
  mkdirSync(dirname(place.logFile), { recursive: true, mode: 0o755 });
  const command = await server.prepare(place);
  const child = spawnDetached(command, place);
  if (child.pid !== undefined) recordProcess(place.recordFile, child.pid);
  try {
    await waitUntilWell(server, child, place.port);
  } catch (cause) {
    await stopServer(server);
    const log = tail(readFileSync(place.logFile, "utf8"));
    throw new Error(
      `${server.name} did not start on port ${place.port}: ${(cause as Error).message}\n${place.logFile} ends with:\n${log}`,
      { cause },
    );
  } finally {
    child.removeAllListeners();
    child.unref();
  }
}

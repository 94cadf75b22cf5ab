import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { KillableBroker } from "@parley/transport/testing";
import { redis } from "../../../../scripts/services/redis.ts";
import { findProgram } from "../../../../scripts/services/run-program.ts";
import { freePort } from "../../../../scripts/testing/free-port.ts";
import { freezeProcess } from "../../../../scripts/testing/freeze-process.ts";
import { hasEnded } from "../../../../scripts/testing/has-ended.ts";

/** A server of a test's own. */
export interface OwnServer extends KillableBroker {
  readonly port: number;
}

const START_TIMEOUT_MS = 30_000;

/** Whether a server can be started here; said if not, and in CI that is a failure. */
export function canStartServer(): boolean {
  if (findProgram("redis-server") !== undefined) return true;
  const why = `no redis-server on the PATH (install it with "npm run services up redis")`;
  if (process.env.CI === "true") throw new Error(why);
  process.stderr.write(`left out the tests on a Redis of their own: ${why}\n`);
  return false;
}

/** With each write on disk before it answers, unless the further arguments say otherwise. */
export async function startOwnServer(...furtherArgs: readonly string[]): Promise<OwnServer> {
  const dataDir = mkdtempSync(join(tmpdir(), "parley-redis-"));
  const place = { dataDir, programsDir: dataDir, port: await freePort() };
  let child: ChildProcess | undefined;

  async function start(): Promise<void> {
    const { command, args } = await redis.prepare(place);
    child = spawn(command, [...args, "--save", "", ...furtherArgs], { cwd: dataDir, stdio: "ignore" });
    const giveUpAt = Date.now() + START_TIMEOUT_MS;
    for (;;) {
      const isWell = await redis.probe(place.port, { timeoutMs: 1_000 }).then(
        () => true,
        () => false,
      );
      if (isWell) return;
      if (hasEnded(child) || Date.now() > giveUpAt) throw new Error("Redis does not start");
      await delay(50);
    }
  }

  async function kill(): Promise<void> {
    const server = child;
    child = undefined;
    if (!server || hasEnded(server)) return;
    const ended = new Promise((resolve) => server.once("exit", resolve));
    server.kill("SIGKILL");
    await ended;
  }

  await start();
  return {
    url: `redis://127.0.0.1:${place.port}`,
    port: place.port,
    kill,
    start,
    async freeze() {
      if (child?.pid) await freezeProcess(child.pid);
    },
    thaw: () => void (child?.pid && process.kill(child.pid, "SIGCONT")),
    async remove() {
      await kill();
      rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

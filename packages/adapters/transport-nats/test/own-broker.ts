import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { KillableBroker } from "@parley/transport/testing";
import { nats } from "../../../../scripts/services/nats.ts";
import { placeOf } from "../../../../scripts/services/places.ts";
import { freePort } from "../../../../scripts/testing/free-port.ts";
import { freezeProcess } from "../../../../scripts/testing/freeze-process.ts";
import { hasEnded } from "../../../../scripts/testing/has-ended.ts";

const START_TIMEOUT_MS = 30_000;

/** Whether a broker can be started here; said once if not, and in CI that is a failure. */
export function canStartBroker(): boolean {
  const { missingPackages } = nats;
  const place = placeOf(nats);
  const isThere = missingPackages(place).length === 0 && existsSync(join(place.programsDir));
  if (isThere) return true;
  const why = `no NATS server in ${place.programsDir} (get it with "npm run services up nats")`;
  if (process.env.CI === "true") throw new Error(why);
  process.stderr.write(`left out the tests on a NATS of their own: ${why}\n`);
  return false;
}

export async function startOwnBroker(...furtherArgs: readonly string[]): Promise<KillableBroker> {
  const dataDir = mkdtempSync(join(tmpdir(), "parley-nats-"));
  const place = { dataDir, programsDir: placeOf(nats).programsDir, port: await freePort() };
  let child: ChildProcess | undefined;

  async function start(): Promise<void> {
    const { command, args } = await nats.prepare(place);
    child = spawn(command, [...args, ...furtherArgs], { cwd: dataDir, stdio: "ignore" });
    const giveUpAt = Date.now() + START_TIMEOUT_MS;
    for (;;) {
      const problem = await nats.probe(place.port, { timeoutMs: 1_000 }).then(
        () => undefined,
        (error: unknown) => error,
      );
      if (problem === undefined) return;
      if (hasEnded(child) || Date.now() > giveUpAt) throw new Error("NATS does not start", { cause: problem });
      await delay(50);
    }
  }

  async function kill(): Promise<void> {
    const running = child;
    child = undefined;
    if (running?.pid === undefined || hasEnded(running)) return;
    const ended = new Promise((resolve) => running.once("exit", resolve));
    running.kill("SIGKILL");
    await ended;
  }

  await start();
  return {
    url: `nats://127.0.0.1:${place.port}`,
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

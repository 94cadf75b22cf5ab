import { type ChildProcess, spawn } from "node:child_process";
import { appendFileSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { KillableBroker } from "@parley/transport/testing";
import { kafka } from "../../../../scripts/services/kafka.ts";
import { placeOf } from "../../../../scripts/services/places.ts";
import { findProgram } from "../../../../scripts/services/run-program.ts";
import { freePort } from "../../../../scripts/testing/free-port.ts";
import { freezeProcess } from "../../../../scripts/testing/freeze-process.ts";
import { hasEnded } from "../../../../scripts/testing/has-ended.ts";

const START_TIMEOUT_MS = 90_000;
/** The controller admits a broker that was killed only when the session of its former life is over: by default 9 s. */
const FORGET_SOON = "broker.session.timeout.ms=2000\nbroker.heartbeat.interval.ms=500\n";

/** Whether a broker can be started here; said once if not, and in CI that is a failure. */
export function canStartBroker(): boolean {
  const { programsDir } = placeOf(kafka);
  if (findProgram("java") !== undefined && existsSync(programsDir)) return true;
  const why = `no Kafka in ${programsDir} (get it with "npm run services up kafka")`;
  if (process.env.CI === "true") throw new Error(why);
  process.stderr.write(`left out the tests on a Kafka of their own: ${why}\n`);
  return false;
}

/** @param advertisedPort where clients are sent to reach the broker, if not its own port. */
export async function startOwnBroker({
  advertisedPort,
}: {
  readonly advertisedPort?: number;
} = {}): Promise<KillableBroker> {
  const dataDir = mkdtempSync(join(tmpdir(), "parley-kafka-"));
  const place = { dataDir, programsDir: placeOf(kafka).programsDir, port: await freePort(1) }; // the controller has the next
  let child: ChildProcess | undefined;

  async function start(): Promise<void> {
    const { command, args } = await kafka.prepare(place);
    appendFileSync(join(dataDir, "server.properties"), FORGET_SOON);
    if (advertisedPort !== undefined) {
      const listeners = `advertised.listeners=PLAINTEXT://127.0.0.1:${advertisedPort}\n`;
      appendFileSync(join(dataDir, "server.properties"), listeners);
    }
    child = spawn(command, args, { cwd: dataDir, stdio: "ignore" });
    const giveUpAt = Date.now() + START_TIMEOUT_MS;
    for (;;) {
      const problem = await kafka.probe(place.port, { timeoutMs: 1_000 }).then(
        () => undefined,
        (error: unknown) => error,
      );
      if (problem === undefined) return;
      if (hasEnded(child) || Date.now() > giveUpAt) throw new Error("Kafka does not start", { cause: problem });
      await delay(100);
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
    url: `127.0.0.1:${place.port}`,
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

import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { KillableBroker } from "@parley/transport/testing";
import { rabbitmq } from "../../../../scripts/services/rabbitmq.ts";
import { freePort } from "../../../../scripts/testing/free-port.ts";
import { freezeProcess } from "../../../../scripts/testing/freeze-process.ts";
import { hasEnded } from "../../../../scripts/testing/has-ended.ts";

/** A broker of a test's own. */
export interface OwnBroker extends KillableBroker {
  readonly port: number;
  /** With which its command line reaches it. */
  readonly env: Readonly<Record<string, string>>;
}

const START_TIMEOUT_MS = 90_000;
const PROGRAM = "/usr/lib/rabbitmq/bin/rabbitmq-server";

/** Whether a broker can be started here; said once if not, and in CI that is a failure. */
export function canStartBroker(): boolean {
  if (existsSync(PROGRAM)) return true;
  const why = `no RabbitMQ server at ${PROGRAM} (install it with "npm run services up rabbitmq")`;
  if (process.env.CI === "true") throw new Error(why);
  process.stderr.write(`left out the tests on a RabbitMQ of their own: ${why}\n`);
  return false;
}

export async function startOwnBroker(): Promise<OwnBroker> {
  const dataDir = mkdtempSync(join(tmpdir(), "parley-rabbitmq-"));
  const place = { dataDir, programsDir: dataDir, port: await freePort(20_000, 20_001) };
  let child: ChildProcess | undefined;
  let environment: Readonly<Record<string, string>> = {};

  async function start(): Promise<void> {
    const { command, args, env = {} } = await rabbitmq.prepare(place);
    environment = env;
    child = spawn(command, args, { cwd: dataDir, detached: true, stdio: "ignore", env: { ...process.env, ...env } });
    const giveUpAt = Date.now() + START_TIMEOUT_MS;
    for (;;) {
      const isWell = await rabbitmq.probe(place.port, { timeoutMs: 1_000 }).then(
        () => true,
        () => false,
      );
      if (isWell) return;
      if (hasEnded(child) || Date.now() > giveUpAt) throw new Error("RabbitMQ does not start");
      await delay(100);
    }
  }

  async function kill(): Promise<void> {
    const node = child;
    child = undefined;
    if (node?.pid === undefined || hasEnded(node)) return;
    const ended = new Promise((resolve) => node.once("exit", resolve));
    process.kill(-node.pid, "SIGKILL");
    await ended;
  }

  /** It refuses to end until it has noticed that its node is gone. */
  async function endPortMapper(): Promise<void> {
    for (let tries = 0; tries < 50; tries += 1) {
      const failure = await rabbitmq.afterStop?.(place).catch((error: Error) => error);
      if (!failure) return;
      await delay(100);
    }
  }

  await start();
  return {
    url: `amqp://guest:guest@127.0.0.1:${place.port}`,
    port: place.port,
    get env() {
      return environment;
    },
    kill,
    start,
    async freeze() {
      if (child?.pid) await freezeProcess(-child.pid);
    },
    thaw: () => void (child?.pid && process.kill(-child.pid, "SIGCONT")),
    async remove() {
      await kill();
      await endPortMapper();
      rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

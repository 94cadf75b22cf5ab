import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { nats } from "../../../../scripts/services/nats.ts";
import { placeOf } from "../../../../scripts/services/places.ts";
import { freePort } from "../../../../scripts/testing/free-port.ts";

/** A broker of a test's own, so that no other test's events are in it. */
export interface OwnNats extends AsyncDisposable {
  readonly url: string;
}

const START_TIMEOUT_MS = 30_000;

/** Whether a broker can be started here; said once if not, and in CI that is a failure. */
export function canStartNats(): boolean {
  const place = placeOf(nats);
  if (nats.missingPackages(place).length === 0 && existsSync(place.programsDir)) return true;
  const why = `no NATS server in ${place.programsDir} (get it with "npm run services up nats")`;
  if (process.env.CI === "true") throw new Error(why);
  process.stderr.write(`left out the tests on NATS: ${why}\n`);
  return false;
}

export async function startNats(): Promise<OwnNats> {
  const dataDir = mkdtempSync(join(tmpdir(), "parley-gradeloop-nats-"));
  const place = { dataDir, programsDir: placeOf(nats).programsDir, port: await freePort() };
  const { command, args } = await nats.prepare(place);
  const child = spawn(command, args, { cwd: dataDir, stdio: "ignore" });
  const ended = once(child, "exit");
  const stop = async (): Promise<void> => {
    child.kill("SIGKILL");
    await ended;
    rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 });
  };
  const giveUpAt = Date.now() + START_TIMEOUT_MS;
  for (;;) {
    const problem = await nats.probe(place.port, { timeoutMs: 1_000 }).then(
      () => undefined,
      (error: unknown) => error,
    );
    if (problem === undefined) return { url: `nats://127.0.0.1:${place.port}`, [Symbol.asyncDispose]: stop };
    if (Date.now() > giveUpAt) {
      await stop();
      throw new Error("NATS does not start", { cause: problem });
    }
    await delay(50);
  }
}

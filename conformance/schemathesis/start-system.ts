import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { hasEnded } from "../../scripts/testing/has-ended.ts";
import { PARLEY } from "../../systems/orders/test/support/parley-process.ts";

const READY_WITHIN_MS = 120_000;
const ENDED_WITHIN_MS = 20_000;
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

export interface RunningSystem extends AsyncDisposable {
  /** Where the gateway answers. */
  readonly origin: string;
}

interface Ready {
  readonly ready?: { readonly parts: readonly { readonly kind: string; readonly address: string }[] };
}

/**
 * Starts a whole system as a process of its own, on free ports, with data of its own that goes when it ends.
 * `parts` are the names of its services and its gateway.
 */
export async function startSystem(name: string, parts: readonly string[]): Promise<RunningSystem> {
  const data = await mkdtemp(join(tmpdir(), `parley-schemathesis-${name}-`));
  const directory = fileURLToPath(new URL(`../../systems/${name}`, import.meta.url));
  const args = [PARLEY, "dev", directory, "--json", ...parts.flatMap((part) => ["--port", `${part}=0`])];
  const child = spawn(process.execPath, args, {
    env: { ...process.env, NODE_ENV: "", HOST: "127.0.0.1", LOG_LEVEL: "error", PARLEY_DATA_DIR: data },
    stdio: ["ignore", "pipe", "inherit"],
    // A group of its own: the command has processes below it, which must not outlive it.
    detached: true,
  });
  const killGroup = (): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
    } catch {
      // All of the group have ended.
    }
  };
  const leave = (): void => process.exit(1);
  process.once("exit", killGroup);
  for (const signal of SIGNALS) process.once(signal, leave);
  const stop = async (): Promise<void> => {
    if (!hasEnded(child)) {
      const ended = once(child, "exit");
      const timer = setTimeout(killGroup, ENDED_WITHIN_MS);
      child.kill("SIGTERM");
      await ended;
      clearTimeout(timer);
    }
    killGroup();
    process.off("exit", killGroup);
    for (const signal of SIGNALS) process.off(signal, leave);
    await rm(data, { recursive: true, force: true });
  };
  try {
    const origin = await new Promise<string>((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`${name} is not ready after ${READY_WITHIN_MS} ms`)),
        READY_WITHIN_MS,
      );
      child.once("error", reject);
      child.once("exit", (code) => {
        clearTimeout(timer);
        reject(new Error(`${name} ended with ${code} before it was ready`));
      });
      createInterface({ input: child.stdout }).on("line", (line) => {
        const { ready } = JSON.parse(line) as Ready;
        const gateway = ready?.parts.find(({ kind }) => kind === "gateway");
        if (gateway === undefined) return;
        clearTimeout(timer);
        resolve(gateway.address);
      });
    });
    return { origin, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

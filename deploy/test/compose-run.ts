import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { freePort } from "../../scripts/testing/free-port.ts";
import type { ComposePart } from "./compose-file.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** What `deploy/Dockerfile` starts, with the sources in this folder in place of those of the image. */
const ENTRY = ["--conditions=@parley/source", "packages/app/cli/src/main.ts"];
/** Read by a part as its own port, and by its health check: `USER_SERVICE_PORT`. */
const OWN_PORT = /^(?!METRICS_)\w+_PORT$/;
/** Every container has this port for itself; the processes of one machine cannot share it. */
const METRICS_PORT = "METRICS_PORT";
/** Between two health checks, each of which is a process: a tenth of what the compose file waits. */
const CHECK_INTERVAL_MS = 1_000;
const ENDED_LINES = 20;

export interface RunningPart extends AsyncDisposable {
  readonly name: string;
  readonly port: number;
  readonly metricsPort: number;
  /** Resolves with the exit code. */
  readonly ended: Promise<number | null>;
  /** What the part wrote, to look at when something is wrong. */
  readonly output: () => string;
  /** Resolves once the health check of the compose file passes; rejects if the part ends. */
  healthy(): Promise<void>;
  /** Whether the health check passes now. */
  isHealthy(): Promise<boolean>;
  signal(signal: NodeJS.Signals): void;
}

/**
 * Gives each part a port of this machine, and puts it and `addresses` in place of the names that only a network of Docker knows:
 * `user-service:50051` becomes `127.0.0.1:<port>`. Nothing else of the environment changes.
 */
export async function placeParts(
  parts: readonly ComposePart[],
  addresses: Readonly<Record<string, string>>,
): Promise<readonly ComposePart[]> {
  const ports = await Promise.all(parts.map(() => freePort(1)));
  const places = new Map(Object.entries(addresses));
  for (const [index, { name, env }] of parts.entries()) {
    places.set(`${name}:${ownPort(env)}`, `127.0.0.1:${ports[index]}`);
  }
  const placed = (value: string): string => [...places].reduce((text, [from, to]) => text.replaceAll(from, to), value);
  return parts.map((part, index) => ({
    ...part,
    env: Object.fromEntries(
      Object.entries(part.env).map(([key, value]) => [
        key,
        OWN_PORT.test(key)
          ? String(ports[index])
          : key === METRICS_PORT
            ? String((ports[index] ?? 0) + 1)
            : placed(value),
      ]),
    ),
  }));
}

function ownPort(env: ComposePart["env"]): string {
  const port = Object.entries(env).find(([variable]) => OWN_PORT.test(variable))?.[1];
  if (port === undefined) throw new Error(`no variable of the part names its port: ${Object.keys(env).join(", ")}`);
  return port;
}

/** Starts one part as a process of its own, with the environment of its image and of the compose file and no variable more. */
export function startPart(part: ComposePart): RunningPart {
  const env = { PATH: process.env.PATH, NODE_ENV: "production", ...part.env };
  const child = spawn(process.execPath, [...ENTRY, ...part.args], {
    cwd: ROOT,
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output = keepOutput(child);
  const ended = once(child, "exit").then(([code]) => code as number | null);
  const isHealthy = async (): Promise<boolean> => {
    const check = spawn("sh", ["-c", part.healthCheck], { cwd: ROOT, env, stdio: "ignore" });
    const [code] = (await once(check, "exit")) as [number | null];
    return code === 0;
  };
  return {
    name: part.name,
    port: Number(ownPort(part.env)),
    metricsPort: Number(part.env.METRICS_PORT),
    ended,
    output,
    isHealthy,
    async healthy() {
      while (child.exitCode === null) {
        if (await isHealthy()) return;
        await Promise.race([delay(CHECK_INTERVAL_MS), ended]);
      }
      throw new Error(`${part.name} ended with ${child.exitCode} before it was healthy:\n${output()}`);
    },
    signal: (signal) => void child.kill(signal),
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

function keepOutput(child: ChildProcess): () => string {
  let lines: readonly string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (chunk: string) => {
      lines = [...lines, ...chunk.split("\n")].slice(-ENDED_LINES);
    });
  }
  return () => lines.join("\n");
}

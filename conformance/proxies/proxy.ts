import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createConnection } from "node:net";
import { hasEnded } from "../../scripts/testing/has-ended.ts";

/** A proxy of others that stands between our client and our server, in a process of its own. */
export interface RunningProxy extends AsyncDisposable {
  readonly port: number;
  /** Takes the proxy's connections down in order, as a deployment does: GOAWAY, and new ones are served. */
  reload(): Promise<void>;
}

export interface ProxyKind {
  readonly name: string;
  /** Starts it before a server of gRPC in plain text. */
  start(backendPort: number): Promise<RunningProxy>;
}

/** How long a proxy may take to listen, or to reload. */
const READY_WITHIN_MS = 20_000;

/** Starts the program of a proxy and waits until it takes connections. */
export async function spawnProxy(command: string, args: readonly string[], port: number): Promise<ChildProcess> {
  const child = spawn(command, args, { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    said = (said + text).slice(-4_000);
  });
  const ended = once(child, "exit").then(() => {
    throw new Error(`${command} ended before it listened: ${said}`);
  });
  await Promise.race([ended, listening(port)]);
  ended.catch(() => {}); // it ends when it is stopped
  return child;
}

async function listening(port: number): Promise<void> {
  const endMs = performance.now() + READY_WITHIN_MS;
  while (performance.now() < endMs) {
    const isOpen = await new Promise<boolean>((resolve) => {
      const socket = createConnection({ port, host: "127.0.0.1" }, () => {
        socket.destroy();
        resolve(true);
      });
      socket.on("error", () => resolve(false));
    });
    if (isOpen) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`nothing listens on port ${port} after ${READY_WITHIN_MS} ms`);
}

/** Ends a process of ours and waits for it. */
export async function stopProxy(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return;
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  await ended;
}

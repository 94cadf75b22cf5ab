import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

/** A bus in a process that a test may kill: `fixtures/run-bus.ts`. */
export async function startBus(url: string, topic: string): Promise<ChildProcess> {
  const script = fileURLToPath(new URL("../fixtures/run-bus.ts", import.meta.url));
  const child = spawn(process.execPath, ["--conditions=@parley/source", script, url, topic], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const ended = once(child, "exit").then(() => Promise.reject(new Error("the process of the bus ended at its start")));
  await Promise.race([once(child.stdout ?? child, "data"), ended]);
  ended.catch(() => {});
  return child;
}

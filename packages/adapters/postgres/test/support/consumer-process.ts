import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

/** A consumer that a test may kill or stop: `fixtures/consume.ts`. */
export interface ConsumerProcess {
  /** What it said so far: `ready`, `began <id>`, `ended <id>`. */
  readonly lines: readonly string[];
  signal(name: "SIGKILL" | "SIGSTOP" | "SIGCONT"): void;
}

export async function startConsumer(...args: readonly string[]): Promise<ConsumerProcess> {
  const script = fileURLToPath(new URL("../fixtures/consume.ts", import.meta.url));
  const child: ChildProcess = spawn(process.execPath, ["--conditions=@parley/source", script, ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const lines: string[] = [];
  let rest = "";
  child.stdout?.on("data", (bytes: Buffer) => {
    const parts = (rest + bytes.toString()).split("\n");
    rest = parts.pop() ?? "";
    lines.push(...parts);
  });
  while (!lines.includes("ready")) {
    const ended = once(child, "exit").then(() => Promise.reject(new Error("the consumer's process ended")));
    await Promise.race([once(child.stdout ?? child, "data"), ended]);
  }
  return { lines, signal: (name) => void child.kill(name) };
}

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Ordering } from "@parley/events";

/** A member of a group in a process of its own. */
export interface MemberProcess {
  /** `ready`, `begun <id>`, `done <id>`, `aborted <id>`, in the order in which they were said. */
  readonly said: readonly string[];
  signal(name: "SIGSTOP" | "SIGCONT"): void;
  kill(): Promise<void>;
}

export interface MemberOptions {
  readonly url: string;
  readonly topic: string;
  readonly group: string;
  readonly ordering: Ordering;
  readonly acknowledgeWithinMs: number;
  /** How long its handler takes. */
  readonly takesMs: number;
}

const FIXTURE = fileURLToPath(new URL("./fixtures/member.ts", import.meta.url));

export function startMember(options: MemberOptions): MemberProcess {
  const { url, topic, group, ordering, acknowledgeWithinMs, takesMs } = options;
  const args = [url, topic, group, ordering, String(acknowledgeWithinMs), String(takesMs)];
  const child: ChildProcess = spawn(process.execPath, ["--conditions=@parley/source", FIXTURE, ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const said: string[] = [];
  let rest = "";
  child.stdout?.on("data", (chunk: Buffer) => {
    const lines = (rest + chunk.toString()).split("\n");
    rest = lines.pop() ?? "";
    said.push(...lines);
  });
  return {
    said,
    signal: (name) => void child.kill(name),
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, "exit");
      child.kill("SIGKILL");
      await ended;
    },
  };
}

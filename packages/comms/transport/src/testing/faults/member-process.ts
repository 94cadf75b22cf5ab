import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** A program of a test in a process of its own, to be killed and frozen. */
export interface MemberProcess {
  /** The lines that it has written, in order. */
  readonly said: readonly string[];
  signal(name: "SIGSTOP" | "SIGCONT"): void;
  /** `SIGKILL`, and until it is gone. Idempotent. */
  kill(): Promise<void>;
}

/** Starts a TypeScript program from source. It finds its settings as JSON in `process.argv[2]`. */
export function startMember(program: URL, settings: object): MemberProcess {
  const args = ["--conditions=@parley/source", fileURLToPath(program), JSON.stringify(settings)];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const said: string[] = [];
  let rest = "";
  child.stdout.on("data", (chunk: Buffer) => {
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

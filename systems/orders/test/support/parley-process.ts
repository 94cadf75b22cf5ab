import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** The command. */
export const PARLEY = fileURLToPath(import.meta.resolve("@parley/cli/package.json")).replace(
  /package\.json$/,
  "bin/parley.js",
);
const SYSTEM = fileURLToPath(new URL("../..", import.meta.url));

/** The whole system as a process of its own, by the real command. */
export interface SystemProcess extends AsyncDisposable {
  /** Where the gateway answers. */
  readonly origin: string;
  /** Sends SIGTERM and waits for the exit code. */
  terminate(): Promise<number | null>;
}

/** Resolves when all parts answer. */
export async function startSystemProcess(env: NodeJS.ProcessEnv): Promise<SystemProcess> {
  const ports = ["user-service", "order-service", "api-gateway"].flatMap((part) => ["--port", `${part}=0`]);
  const child = spawn(process.execPath, [PARLEY, "dev", SYSTEM, "--json", ...ports], {
    env: { ...process.env, NODE_ENV: "", HOST: "127.0.0.1", LOG_LEVEL: "error", ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(child, "exit").then(([code]) => code as number | null);
  const terminate = (): Promise<number | null> => {
    child.kill("SIGTERM");
    return ended;
  };
  return {
    origin: await Promise.race([
      originOf(child),
      ended.then((code) => Promise.reject(new Error(`parley ended with ${code} before it was ready`))),
    ]),
    terminate,
    [Symbol.asyncDispose]: async () => void (await terminate()),
  };
}

/** Reads on until the command says where its parts are, and then lets the rest pass. */
function originOf({ stdout }: ChildProcess): Promise<string> {
  if (!stdout) throw new Error("the standard output of the command is piped");
  return new Promise((resolve) => {
    createInterface({ input: stdout }).on("line", (line) => {
      const { ready } = JSON.parse(line) as { ready?: { parts: { kind: string; address: string }[] } };
      const gateway = ready?.parts.find(({ kind }) => kind === "gateway");
      if (gateway) resolve(gateway.address);
    });
  });
}

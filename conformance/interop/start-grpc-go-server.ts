import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { TestCertificates } from "../certificates.ts";

export interface RunningServer extends AsyncDisposable {
  readonly port: number;
}

/** Starts grpc-go's interop server on a free port. Rejects if it ends before it listens. */
export async function startGrpcGoServer(program: string, tls: TestCertificates | undefined): Promise<RunningServer> {
  const tlsArgs = tls ? ["--use_tls", "--tls_cert_file", tls.certPath, "--tls_key_file", tls.keyPath] : [];
  const child = spawn(program, ["--port", "0", ...tlsArgs], {
    stdio: ["ignore", "ignore", "pipe"],
    env: { ...process.env, GRPC_GO_LOG_SEVERITY_LEVEL: "info" },
  });
  const ended = once(child, "exit");
  const stop = async (): Promise<void> => {
    child.kill("SIGKILL");
    await ended;
  };
  const port = Promise.withResolvers<number>();
  const lines = createInterface({ input: child.stderr });
  lines.on("line", (line) => {
    const listening = /listening on .*:(\d+)/.exec(line);
    if (listening) port.resolve(Number(listening[1]));
  });
  lines.on("close", () => port.reject(new Error(`${program} ended before it listened`)));
  child.on("error", port.reject);
  try {
    return { port: await port.promise, [Symbol.asyncDispose]: stop };
  } catch (error) {
    child.kill("SIGKILL");
    throw error;
  }
}

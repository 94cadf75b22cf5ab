import { fileURLToPath } from "node:url";
import { findProgram, runProgram } from "../../../scripts/services/run-program.ts";
import { type Child, startProgram } from "../harness/child.ts";
import type { Load, Measurement } from "../harness/closed-loop.ts";
import type { Started } from "./bench-rpc.ts";
import type { RpcCaseName } from "./cases.ts";

/** The commands of `go/main.go`; what one process does not know, it refuses. */
type GoCommands = {
  port(): number;
  cpuUs(): number;
  measure(load: Load & { readonly case: RpcCaseName }): Measurement;
};

const SOURCE = fileURLToPath(new URL("../../go", import.meta.url));
const PROGRAM = fileURLToPath(new URL("../../node_modules/.cache/parley-bench-go", import.meta.url));

/** A first build of grpc-go with nothing cached takes about two minutes on two cores. */
const BUILD_LIMIT_MS = 10 * 60_000;

/**
 * grpc-go with generated code, one core each for server and client (`GOMAXPROCS`), so that its rates are per core as a Node
 * process's are. Undefined where Go is not installed.
 */
export async function startGoContestant(settings: {
  readonly name: RpcCaseName;
  readonly unitsPerCall: number;
}): Promise<Started | undefined> {
  const go = findProgram("go");
  if (go === undefined) {
    process.stderr.write("grpc-go is left out: Go is not installed\n");
    return undefined;
  }
  await runProgram(go, ["build", "-C", SOURCE, "-o", PROGRAM, "."], { timeoutMs: BUILD_LIMIT_MS });
  const env = { GOMAXPROCS: "1" };
  const server: Child<GoCommands> = await startProgram(PROGRAM, ["server"], env);
  const port = await server.ask("port");
  const client: Child<GoCommands> = await startProgram(PROGRAM, ["client", String(port)], env);
  const { name, unitsPerCall } = settings;
  return {
    name: "grpc-go",
    async measure(load) {
      const before = await server.ask("cpuUs");
      const measured = await client.ask("measure", { ...load, unitsPerCall, case: name });
      const after = await server.ask("cpuUs");
      return { ...measured, serverCpuUs: (after - before) / measured.units };
    },
    async stop() {
      await client.stop();
      await server.stop();
    },
  };
}

import { parseArgs } from "node:util";
import { noopLogger } from "@parley/core";
import { createChannel, createServer } from "@parley/rpc";
import { connectHttp2, connectNodeHttp2 } from "@parley/rpc/internal";
import { runProgram } from "../../scripts/services/run-program.ts";
import { createTestCertificates, type TestCertificates } from "../certificates.ts";
import { ENGINE_NAMES, type Engine, parseEngine } from "../engine.ts";
import { installGoProgram } from "../go-programs.ts";
import { type Suite, say } from "../suite.ts";
import { CLIENT_CASES } from "./client-cases.ts";
import { GRPC_GO_CLIENT, GRPC_GO_SERVER } from "./grpc-go.ts";
import { runGrpcurl } from "./grpcurl.ts";
import { runCases } from "./run-cases.ts";
import { startGrpcGoServer } from "./start-grpc-go-server.ts";
import { testService } from "./test-service.ts";

const CASE_LIMIT_MS = 30_000;
/** The soak cases judge latency too, which a busy machine would fail; here they are about calls and connections. */
const SOAK_LIMITS = ["--soak_per_iteration_max_acceptable_latency_ms", "10000", "--soak_overall_timeout_seconds", "20"];

/**
 * Here grpc-go's client cancels, half-closes, and then looks at its signal and at the answer in no order. Held up between the two by a
 * busy machine, it finds that the call has succeeded, with grpc-go's server as well. On one thread of Go the signal always comes first.
 */
const RACY_CASE = "cancel_after_begin";
const ONE_THREAD = { GOMAXPROCS: "1" };

/** grpc-go's client has two more that need nothing but a server: many calls on one connection, and on as many as calls. */
const GO_CLIENT_CASES = [...Object.keys(CLIENT_CASES), "rpc_soak", "channel_soak"];

interface Setting {
  readonly engine: Engine;
  readonly tls: TestCertificates | undefined;
}

/** What speaks HTTP/2, and on what. */
function describe({ engine, tls }: Setting): string {
  return `${ENGINE_NAMES[engine]}, ${tls ? "TLS" : "plain text"}`;
}

async function runOurClient(program: string, setting: Setting): Promise<number> {
  const { engine, tls } = setting;
  await using server = await startGrpcGoServer(program, tls);
  const channel = createChannel({
    target: `localhost:${server.port}`,
    connect: engine === "parley" ? connectHttp2 : connectNodeHttp2,
    tls: tls && { caPath: tls.caPath },
  });
  try {
    // No case waits for ever: every call has the deadline of the default policy.
    const cases = Object.entries(CLIENT_CASES).map(([name, run]) => [name, () => run(channel)] as const);
    return await runCases(`Parley's client, grpc-go's server (${describe(setting)})`, Object.fromEntries(cases));
  } finally {
    await channel.close({ graceMs: 0 });
  }
}

async function runOurServer(program: string, setting: Setting): Promise<number> {
  const { engine, tls } = setting;
  const server = createServer({
    services: [testService],
    http2: engine,
    logger: noopLogger,
    ...(tls && { tls: serverTls(tls) }),
  });
  const { port } = await server.listen({ port: 0, host: "127.0.0.1" });
  const tlsArgs = tls ? ["--use_tls", "--use_test_ca", "--ca_file", tls.caPath] : [];
  const address = ["--server_host", "localhost", "--server_port", String(port), ...SOAK_LIMITS, ...tlsArgs];
  try {
    const cases = GO_CLIENT_CASES.map((name) => {
      const args = [...address, "--test_case", name];
      const env = name === RACY_CASE ? ONE_THREAD : {};
      return [name, () => runProgram(program, args, { timeoutMs: CASE_LIMIT_MS, env })] as const;
    });
    return await runCases(`grpc-go's client, Parley's server (${describe(setting)})`, Object.fromEntries(cases));
  } finally {
    await server.drain({ graceMs: 0 });
  }
}

/** The server's half: with the root it would demand a client's certificate. */
function serverTls({ certPath, keyPath }: TestCertificates) {
  return { certPath, keyPath };
}

export const interopSuite: Suite = {
  summary: "gRPC's interop cases with grpc-go, our client and our server   [--engine parley|node]",
  async run(args) {
    const { values } = parseArgs({ args: [...args], options: { engine: { type: "string", default: "parley" } } });
    const engine = parseEngine(values.engine);
    const [server, client] = [await installGoProgram(GRPC_GO_SERVER), await installGoProgram(GRPC_GO_CLIENT)];
    using certificates = createTestCertificates();
    let failed = 0;
    for (const tls of [undefined, certificates]) {
      failed += await runOurClient(server, { engine, tls });
      failed += await runOurServer(client, { engine, tls });
    }
    failed += await runGrpcurl();
    say(failed === 0 ? "interop: all passed" : `interop: ${failed} failed`);
    return failed === 0;
  },
};

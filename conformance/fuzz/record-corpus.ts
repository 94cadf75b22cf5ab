import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createChannel, createServer } from "@parley/rpc";
import { connectHttp2, connectNodeHttp2 } from "@parley/rpc/internal";
import { runProgram } from "../../scripts/services/run-program.ts";
import { installGoProgram } from "../go-programs.ts";
import { GRPC_GO_CLIENT, GRPC_GO_SERVER } from "../interop/grpc-go.ts";
import { startGrpcGoServer } from "../interop/start-grpc-go-server.ts";
import { testService } from "../interop/test-service.ts";
import { say } from "../suite.ts";
import { beginConversation } from "./conversation.ts";
import { CORPUS_DIR } from "./corpus.ts";
import { fuzzService } from "./fuzz-service.ts";
import { startRecordingProxy } from "./recording-proxy.ts";

/** Cases of grpc-go's client that send little. */
const SHORT_CASES = [
  "empty_unary",
  "empty_stream",
  "status_code_and_message",
  "unimplemented_method",
  "cancel_after_begin",
];

function write(side: "client" | "server", name: string, chunks: readonly Buffer[]): void {
  const dir = join(CORPUS_DIR, side);
  mkdirSync(dir, { recursive: true });
  const bytes = Buffer.concat(chunks);
  writeFileSync(join(dir, `${name}.bin`), bytes);
  say(`${side}/${name}.bin: ${bytes.length} bytes`);
}

async function converse(port: number, engine: "parley" | "node", compression: "gzip" | "identity"): Promise<void> {
  const connect = engine === "node" ? connectNodeHttp2 : connectHttp2;
  const channel = createChannel({ target: `127.0.0.1:${port}`, compression, connect });
  await Promise.allSettled(beginConversation(channel));
  await channel.close();
}

/** Records whole conversations between real clients and servers: ours, those of `node:http2` and of grpc-go. */
export async function recordCorpus(): Promise<void> {
  for (const engine of ["parley", "node"] as const) {
    for (const compression of ["identity", "gzip"] as const) {
      const server = createServer({ services: [fuzzService], http2: engine, compression });
      const { port } = await server.listen({ port: 0, host: "127.0.0.1" });
      using proxy = await startRecordingProxy(port);
      await converse(proxy.port, engine, compression);
      await server.drain({ graceMs: 1_000 });
      write("client", `${engine}-${compression}`, proxy.client);
      write("server", `${engine}-${compression}`, proxy.server);
    }
  }

  await using goServer = await startGrpcGoServer(await installGoProgram(GRPC_GO_SERVER), undefined);
  using before = await startRecordingProxy(goServer.port);
  await converse(before.port, "parley", "identity");
  write("server", "grpc-go", before.server);

  const goClient = await installGoProgram(GRPC_GO_CLIENT);
  const ours = createServer({ services: [testService] });
  const { port } = await ours.listen({ port: 0, host: "127.0.0.1" });
  for (const name of SHORT_CASES) {
    using proxy = await startRecordingProxy(port);
    const args = ["--server_host", "127.0.0.1", "--server_port", String(proxy.port), "--test_case", name];
    await runProgram(goClient, args, { timeoutMs: 20_000 });
    write("client", `grpc-go-${name}`, proxy.client);
  }
  await ours.drain({ graceMs: 0 });
}

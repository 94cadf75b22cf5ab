import assert from "node:assert/strict";
import { parseArgs } from "node:util";
import { noopLogger } from "@parley/core";
import { createChannel, createClient, createServer } from "@parley/rpc";
import { connectHttp2, connectNodeHttp2 } from "@parley/rpc/internal";
import { ENGINE_NAMES, type Engine, parseEngine } from "../engine.ts";
import { TestService } from "../gen/grpc/testing/test_pb.ts";
import { CLIENT_CASES, type ClientCase } from "../interop/client-cases.ts";
import { runCases } from "../interop/run-cases.ts";
import { testService } from "../interop/test-service.ts";
import { type Suite, say } from "../suite.ts";
import { envoy } from "./envoy.ts";
import { nginx } from "./nginx.ts";
import type { ProxyKind, RunningProxy } from "./proxy.ts";

const PROXIES: readonly ProxyKind[] = [nginx, envoy];
const CALLS_IN_FLIGHT = 32;
const CALLS_EACH = 100;
const MEBIBYTE = 1024 * 1024;

/** A message of many frames each way, through the windows of both connections. */
const largeMessages: ClientCase = async (channel) => {
  const client = createClient(TestService, channel);
  const request = { payload: { body: new Uint8Array(3 * MEBIBYTE) }, responseSize: 3 * MEBIBYTE };
  const { payload } = await client.unaryCall(request);
  assert.equal(payload?.body.length, 3 * MEBIBYTE);
};

/** The proxy's connections go away while calls are made: none of them fails. */
const reloadUnderCalls =
  (proxy: RunningProxy): ClientCase =>
  async (channel) => {
    const client = createClient(TestService, channel);
    const caller = async (number: number): Promise<void> => {
      for (let call = 0; call < CALLS_EACH; call++) {
        if (number === 0 && call === CALLS_EACH / 2) await proxy.reload();
        await client.unaryCall({ responseSize: 100 });
      }
    };
    await Promise.all(Array.from({ length: CALLS_IN_FLIGHT }, (_, number) => caller(number)));
  };

async function runProxy(kind: ProxyKind, engine: Engine): Promise<number> {
  const server = createServer({ services: [testService], http2: engine, logger: noopLogger });
  const { port } = await server.listen({ port: 0, host: "127.0.0.1" });
  await using proxy = await kind.start(port);
  const channel = createChannel({
    target: `127.0.0.1:${proxy.port}`,
    connect: engine === "parley" ? connectHttp2 : connectNodeHttp2,
  });
  try {
    const all = {
      ...CLIENT_CASES,
      large_messages: largeMessages,
      reload_under_calls: reloadUnderCalls(proxy),
    };
    const cases = Object.entries(all).map(([name, run]) => [name, () => run(channel)] as const);
    return await runCases(
      `Parley's client and server with ${kind.name} between (${ENGINE_NAMES[engine]})`,
      Object.fromEntries(cases),
    );
  } finally {
    await channel.close({ graceMs: 0 });
    await server.drain({ graceMs: 0 });
  }
}

export const proxiesSuite: Suite = {
  summary: "gRPC's interop cases through nginx and Envoy, and their reloads under calls   [--engine parley|node]",
  async run(args) {
    const { values } = parseArgs({ args: [...args], options: { engine: { type: "string", default: "parley" } } });
    const engine = parseEngine(values.engine);
    let failed = 0;
    for (const kind of PROXIES) failed += await runProxy(kind, engine);
    say(failed === 0 ? "proxies: all passed" : `proxies: ${failed} failed`);
    return failed === 0;
  },
};

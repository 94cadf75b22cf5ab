import { type Child, startChild } from "../harness/child.ts";
import type { ContestPlan } from "../harness/contest.ts";
import type { ServerCommands } from "../rpc/server-process.ts";
import type { GatewayCommands } from "./gateway-process.ts";
import type { LoadCommands } from "./load-process.ts";

const PEERS = ["parley", "express", "fastify"] as const;

/** The same request through each gateway; for each of them its backend, itself and the load, three processes. */
export function gatewayContest({
  auth,
  wanted,
}: {
  readonly auth: "on" | "off";
  readonly wanted: (peer: string) => boolean;
}): ContestPlan {
  return {
    title: "GET /users/{id}",
    unit: "calls",
    inFlight: [64, 1],
    bars: [{ peer: "express", inFlight: 64, of: "perSecond", ratio: 6 }],
    async start() {
      const all = await Promise.all(PEERS.filter(wanted).map((name) => startContestant(name, auth)));
      return {
        contestants: all,
        async stop() {
          await Promise.all(all.map((contestant) => contestant.stop()));
        },
      };
    },
  };
}

async function startContestant(name: string, auth: "on" | "off") {
  // The same user-service, on the runtime that the gateway speaks with.
  const runtime = name === "parley" ? "parley" : "grpc-js";
  const backend: Child<ServerCommands> = await startChild(new URL("../rpc/server-process.ts", import.meta.url), [
    runtime,
  ]);
  const backendPort = await backend.ask("port");
  const gateway: Child<GatewayCommands> = await startChild(new URL("./gateway-process.ts", import.meta.url), [
    name,
    String(backendPort),
    auth,
  ]);
  const port = await gateway.ask("port");
  const load: Child<LoadCommands> = await startChild(new URL("./load-process.ts", import.meta.url), [
    String(port),
    auth,
  ]);
  return {
    name,
    async measure(plan: { readonly inFlight: number; readonly durationMs: number }) {
      const before = await gateway.ask("cpuUs");
      const measured = await load.ask("measure", plan);
      const after = await gateway.ask("cpuUs");
      return { ...measured, serverCpuUs: (after - before) / measured.units };
    },
    async stop() {
      for (const child of [load, gateway, backend]) await child.stop();
    },
  };
}

import { createTestCertificates } from "../../../conformance/certificates.ts";
import { type Child, startChild } from "../harness/child.ts";
import type { Contest, ContestPlan } from "../harness/contest.ts";
import type { Contestant } from "../harness/interleave.ts";
import { RPC_CASES, type RpcCase, type RpcCaseName } from "./cases.ts";
import type { ClientCommands } from "./client-process.ts";
import { startGoContestant } from "./go-contestant.ts";
import type { TlsPaths } from "./peer.ts";
import type { ServerCommands } from "./server-process.ts";

/** What each layer of a call adds to the one before it. */
export const LAYERS = ["parley", "parley-bare", "parley-bare-on-node", "own-http2", "node-http2", "socket"] as const;

/** A contestant's processes. */
export interface Started extends Contestant {
  stop(): Promise<void>;
}

/** A case, met by those of its peers that are wanted. */
export function rpcContest(
  name: RpcCaseName,
  { length, wanted }: { readonly length: "full" | "quick"; readonly wanted: (peer: string) => boolean },
): ContestPlan {
  const rpcCase: RpcCase = RPC_CASES[name];
  const unitsPerCall = rpcCase.unitsPerCall[length];
  return {
    ...rpcCase,
    async start() {
      const certificates = rpcCase.transport === "tls" ? createTestCertificates() : undefined;
      const contest = await startContest(rpcCase.peers.filter(wanted), { name, unitsPerCall, tls: certificates });
      return {
        ...contest,
        async stop() {
          await contest.stop();
          certificates?.[Symbol.dispose]();
        },
      };
    },
  };
}

/** The layers, met in unary calls. */
export function layersContest(wanted: (peer: string) => boolean): ContestPlan {
  return {
    ...RPC_CASES.unary,
    title: "what the layers of a unary call cost",
    bars: [],
    start: () => startContest(LAYERS.filter(wanted), { name: "unary", unitsPerCall: 1 }),
  };
}

interface CaseSettings {
  readonly name: RpcCaseName;
  readonly unitsPerCall: number;
  readonly tls?: TlsPaths | undefined;
}

/** A server and a client process of each runtime. */
async function startContest(peers: readonly string[], settings: CaseSettings): Promise<Contest> {
  const started = await Promise.all(
    peers.map((peer) => (peer === "grpc-go" ? startGoContestant(settings) : startContestant(peer, settings))),
  );
  const contestants = started.filter((contestant) => contestant !== undefined);
  return {
    contestants,
    async stop() {
      await Promise.all(contestants.map((contestant) => contestant.stop()));
    },
  };
}

async function startContestant(peer: string, { name, unitsPerCall, tls }: CaseSettings): Promise<Started> {
  const certificates = tls ? [tls.caPath, tls.certPath, tls.keyPath] : [];
  const server: Child<ServerCommands> = await startChild(new URL("./server-process.ts", import.meta.url), [
    peer,
    ...certificates,
  ]);
  const port = await server.ask("port");
  const client: Child<ClientCommands> = await startChild(new URL("./client-process.ts", import.meta.url), [
    peer,
    String(port),
    name,
    String(unitsPerCall),
    ...certificates,
  ]);
  return {
    name: peer,
    async measure(load) {
      const before = await server.ask("cpuUs");
      const measured = await client.ask("measure", load);
      const after = await server.ask("cpuUs");
      return { ...measured, serverCpuUs: (after - before) / measured.units };
    },
    async stop() {
      await client.stop();
      await server.stop();
    },
  };
}

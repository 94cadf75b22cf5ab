import type { Bar } from "../harness/report.ts";
import type { RpcClient } from "./peer.ts";

/** One way to use a runtime, and what Parley must be there. */
export interface RpcCase {
  readonly title: string;
  readonly unit: "calls" | "messages";
  readonly transport: "plain" | "tls";
  readonly inFlight: readonly number[];
  /** The messages of a stream. */
  readonly unitsPerCall: Readonly<Record<"full" | "quick", number>>;
  readonly peers: readonly string[];
  readonly bars: readonly Bar[];
  /** The call that is measured. */
  callOf(client: RpcClient, unitsPerCall: number): () => Promise<void>;
}

const ONE = { full: 1, quick: 1 } as const;
const NODE_PEERS = ["parley", "grpc-js", "connect-node"] as const;

/** Just below the 4 MiB that a gRPC message may have if nothing else is agreed: the field's tag and length need room. */
const LARGE_BYTES = 4 * 1_024 * 1_024 - 16;

export const RPC_CASES = {
  unary: {
    title: "unary calls",
    unit: "calls",
    transport: "plain",
    inFlight: [64, 1],
    unitsPerCall: ONE,
    peers: [...NODE_PEERS, "grpc-go"],
    bars: [
      { peer: "grpc-js", inFlight: 64, of: "perSecond", ratio: 8 },
      { peer: "grpc-js", inFlight: 1, of: "p50Ms", ratio: 0.6 },
    ],
    callOf: (client) => () => client.getUser(),
  },
  tls: {
    title: "unary calls over TLS",
    unit: "calls",
    transport: "tls",
    inFlight: [64],
    unitsPerCall: ONE,
    peers: NODE_PEERS,
    bars: [{ peer: "grpc-js", inFlight: 64, of: "perSecond", ratio: 5 }],
    callOf: (client) => () => client.getUser(),
  },
  stream: {
    title: "small messages of a server's stream",
    unit: "messages",
    transport: "plain",
    inFlight: [1],
    unitsPerCall: { full: 1_000_000, quick: 50_000 },
    peers: [...NODE_PEERS, "grpc-go"],
    bars: [{ peer: "grpc-js", inFlight: 1, of: "perSecond", ratio: 5 }],
    callOf: (client, count) => () => client.readTicks(count),
  },
  large: {
    title: "unary calls with 4 MiB there and back",
    unit: "calls",
    transport: "plain",
    inFlight: [1],
    unitsPerCall: ONE,
    peers: [...NODE_PEERS, "grpc-go"],
    bars: [{ peer: "grpc-js", inFlight: 1, of: "perSecond", ratio: 2 }],
    callOf(client) {
      const data = new Uint8Array(LARGE_BYTES).fill(7);
      return () => client.echo(data);
    },
  },
} as const satisfies Record<string, RpcCase>;

export type RpcCaseName = keyof typeof RPC_CASES;

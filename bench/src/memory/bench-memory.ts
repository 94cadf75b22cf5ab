import { readFileSync } from "node:fs";
import { type Child, startChild } from "../harness/child.ts";
import { alignTable, median, type Verdict } from "../harness/report.ts";
import type { MemoryCommands } from "./memory-process.ts";

export const MEMORY_PEERS = ["parley", "grpc-js", "connect-node"] as const;

/** What is held: connections on which one call was made, or streams on ten connections that were there before. */
export type Held = "connection" | "stream";

/** Bytes that the resident memory of a process grew by, for each connection or stream. */
export interface Growth {
  readonly server: number;
  readonly client: number;
}

export interface MemoryResult {
  readonly held: Held;
  readonly peer: string;
  readonly runs: readonly Growth[];
}

const STREAM_CONNECTIONS = 10;
const WARM_UP_CALLS = 5_000;
/** Of the memory of grpc-js. */
const BAR = 0.5;

/** A process has other files open beside the sockets that are counted. */
const OTHER_FILES = 500;

/** As many connections as one process may have, at most `wanted`. */
export function allowedConnections(wanted: number): number {
  const limit = /^Max open files\s+(\d+)/m.exec(limitsOfProcess())?.[1];
  return limit === undefined ? wanted : Math.min(wanted, Number(limit) - OTHER_FILES);
}

function limitsOfProcess(): string {
  try {
    return readFileSync("/proc/self/limits", "utf8");
  } catch {
    return ""; // not on Linux
  }
}

/** Fresh processes for every figure: memory that a process has had once it seldom gives back. */
export async function measureMemory(
  peers: readonly string[],
  counts: Readonly<Record<Held, number>>,
  runs: number,
  progress: (text: string) => void,
): Promise<MemoryResult[]> {
  const results: (MemoryResult & { runs: Growth[] })[] = [];
  for (const held of ["connection", "stream"] as const) {
    for (const peer of peers) results.push({ held, peer, runs: [] });
  }
  for (let run = 0; run < runs; run++) {
    for (const result of results) {
      progress(`run ${run + 1} of ${runs}: ${counts[result.held]} × ${result.held}, ${result.peer}`);
      result.runs.push(await measureGrowth(result.peer, result.held, counts[result.held]));
    }
  }
  return results;
}

async function measureGrowth(peer: string, held: Held, count: number): Promise<Growth> {
  const server = await startSide(peer, "server");
  const client = await startSide(peer, "client", await server.ask("port"));
  const readBoth = async (): Promise<Growth> => ({
    server: await server.ask("residentBytes"),
    client: await client.ask("residentBytes"),
  });
  try {
    const connections = held === "stream" ? STREAM_CONNECTIONS : 1;
    await client.ask("connectAll", connections);
    await client.ask("warmUp", WARM_UP_CALLS / connections);
    const before = await readBoth();
    if (held === "stream") await client.ask("holdStreams", count / STREAM_CONNECTIONS);
    else await client.ask("connectAll", count);
    const after = await readBoth();
    return { server: (after.server - before.server) / count, client: (after.client - before.client) / count };
  } finally {
    await client.stop();
    await server.stop();
  }
}

/** Resident bytes of a server that has served no call yet. */
export interface IdleResult {
  readonly peer: string;
  readonly runs: readonly number[];
}

export async function measureIdle(
  peers: readonly string[],
  runs: number,
  progress: (text: string) => void,
): Promise<IdleResult[]> {
  const results = peers.map((peer) => ({ peer, runs: [] as number[] }));
  for (let run = 0; run < runs; run++) {
    for (const result of results) {
      progress(`run ${run + 1} of ${runs}: an idle server, ${result.peer}`);
      const server = await startSide(result.peer, "server");
      try {
        await server.ask("port");
        result.runs.push(await server.ask("residentBytes"));
      } finally {
        await server.stop();
      }
    }
  }
  return results;
}

export function formatIdle(results: readonly IdleResult[]): string {
  const rows = results.map(({ peer, runs }) => ["idle server", peer, (median(runs) / 1_024 / 1_024).toFixed(0)]);
  return alignTable(["", "", "MB resident"], rows, [0, 1]);
}

function startSide(peer: string, side: "server" | "client", port = 0): Promise<Child<MemoryCommands>> {
  return startChild(new URL("./memory-process.ts", import.meta.url), [peer, side, String(port)]);
}

const SIDES = ["server", "client"] as const;

function medianGrowth({ runs }: MemoryResult, side: (typeof SIDES)[number]): number {
  return median(runs.map((growth) => growth[side]));
}

export function formatMemory(results: readonly MemoryResult[]): string {
  const rows = results.map((result) => [
    result.held,
    result.peer,
    ...SIDES.map((side) => (medianGrowth(result, side) / 1_024).toFixed(1)),
  ]);
  return alignTable(["each", "", "KiB server", "KiB client"], rows, [0, 1]);
}

/** Each side, with each thing held, against grpc-js. */
export function judgeMemory(results: readonly MemoryResult[]): Verdict[] {
  const find = (held: Held, peer: string) => results.find((result) => result.held === held && result.peer === peer);
  return (["connection", "stream"] as const).flatMap((held) => {
    const [ours, theirs] = [find(held, "parley"), find(held, "grpc-js")];
    if (!ours || !theirs) return [];
    return SIDES.map((side) => {
      const measured = medianGrowth(ours, side) / medianGrowth(theirs, side);
      const text = `${measured.toFixed(2)} × the memory of grpc-js for each ${held}, ${side}; the bar is at most ${BAR} ×`;
      return { text, passed: measured <= BAR };
    });
  });
}

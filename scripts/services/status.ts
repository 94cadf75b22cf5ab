import { connect } from "node:net";
import { placeOf } from "./places.ts";
import { runningProcess } from "./process-record.ts";
import type { ServerDefinition } from "./server.ts";

const PROBE_TIMEOUT_MS = 2_000;

/** `ours` was started by `up`; `other` answers, but somebody else runs it; `unwell` is ours and does not answer; `taken`: the port is another program's. */
export type ServerState = "ours" | "other" | "unwell" | "taken" | "down";

export interface ServerStatus {
  readonly name: string;
  readonly state: ServerState;
  readonly port: number;
  readonly pid?: number;
  /** Where clients find it. */
  readonly address: string;
  /** Why it does not answer. */
  readonly problem?: string;
}

function isTaken(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1" });
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}

/** Looks at one server: its process, if it is ours, and whether it answers as what it should be. */
export async function statusOf(server: ServerDefinition): Promise<ServerStatus> {
  const place = placeOf(server);
  const pid = runningProcess(place.recordFile)?.pid;
  const known = {
    name: server.name,
    port: place.port,
    address: server.address(place.port).value,
    ...(pid !== undefined && { pid }),
  };
  try {
    await server.probe(place.port, { timeoutMs: PROBE_TIMEOUT_MS });
    return { ...known, state: pid === undefined ? "other" : "ours" };
  } catch (error) {
    const problem = (error as Error).message;
    if (pid !== undefined) return { ...known, state: "unwell", problem };
    return (await isTaken(place.port)) ? { ...known, state: "taken", problem } : { ...known, state: "down" };
  }
}

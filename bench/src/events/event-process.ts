import { randomUUID } from "node:crypto";
import { serveCommands } from "../harness/child.ts";
import { closedLoop, type Load } from "../harness/closed-loop.ts";
import { cpuUs } from "../harness/cpu.ts";
import type { Run } from "../harness/interleave.ts";
import type { ConnectPeer } from "./peer.ts";

const CONCURRENCY = 256;

const [module = "", url = "", variant = "", databaseUrl = ""] = process.argv.slice(2);
const { connect } = (await import(`./peers/${module}.ts`)) as { connect: ConnectPeer };
const peer = await connect(url, {
  topic: `bench.t${randomUUID().replaceAll("-", "")}`,
  concurrency: CONCURRENCY,
  variant,
  databaseUrl,
});

const commands = {
  async measure(load: Load): Promise<Run> {
    const cpuBefore = cpuUs();
    const measured = await closedLoop(() => peer.roundTrip(), load);
    return { ...measured, loadCpuUs: (cpuUs() - cpuBefore) / measured.units, serverCpuUs: Number.NaN };
  },
  close: () => peer.close(),
};
export type EventCommands = typeof commands;
serveCommands(commands);

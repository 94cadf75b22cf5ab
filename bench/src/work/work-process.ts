import { serveCommands } from "../harness/child.ts";
import { cpuUs } from "../harness/cpu.ts";
import type { Run } from "../harness/interleave.ts";
import { createLatencies } from "../harness/latencies.ts";
import type { WorkPeer } from "./peer.ts";

/** Far beyond what any peer needs: jobs that are lost must not hang the benchmark. */
const DRAIN_LIMIT_MS = 120_000;

const [name = "", url = ""] = process.argv.slice(2);
const { connect } = (await import(`./peers/${name}.ts`)) as { connect(url: string): Promise<WorkPeer> };
const peer = await connect(url);

const commands = {
  /** Stores jobs, then starts the workers and waits until all are done. The clock runs from the workers' start. */
  async drain(count: number): Promise<Run> {
    await peer.enqueue(count);
    const latencies = createLatencies();
    const { promise: drained, resolve, reject } = Promise.withResolvers<void>();
    const limit = setTimeout(
      () => reject(new Error(`${name}: ${latencies.count} of ${count} jobs after ${DRAIN_LIMIT_MS} ms`)),
      DRAIN_LIMIT_MS,
    );
    const cpuBefore = cpuUs();
    const startMs = performance.now();
    const stop = await peer.work(() => {
      latencies.add(performance.now() - startMs);
      if (latencies.count === count) resolve();
    });
    try {
      await drained;
      const elapsedMs = performance.now() - startMs;
      const [p50Ms = 0, p99Ms = 0] = latencies.percentiles([0.5, 0.99]);
      return {
        perSecond: (count / elapsedMs) * 1_000,
        p50Ms,
        p99Ms,
        units: count,
        loadCpuUs: (cpuUs() - cpuBefore) / count,
        serverCpuUs: Number.NaN,
      };
    } finally {
      clearTimeout(limit);
      await stop();
    }
  },
  async enqueue(count: number): Promise<number> {
    const startMs = performance.now();
    await peer.enqueue(count);
    return count / ((performance.now() - startMs) / 1_000);
  },
  close: () => peer.close(),
};
export type WorkCommands = typeof commands;
serveCommands(commands);

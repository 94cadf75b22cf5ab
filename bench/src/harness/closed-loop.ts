import { cpuUs } from "./cpu.ts";
import { createLatencies } from "./latencies.ts";

export interface Load {
  /** Calls in flight at every moment: each that ends is followed by the next at once. */
  readonly inFlight: number;
  readonly durationMs: number;
  /** What is counted, if a call brings more than one: the messages of a stream. Default 1. */
  readonly unitsPerCall?: number;
}

/** What one run of load came to. */
export interface Measurement {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** CPU time of the process that made the load, per unit. */
  readonly loadCpuUs: number;
  /** Calls, or what came with them. */
  readonly units: number;
}

/** Makes calls in a closed loop. A call that fails ends the run with its error: a benchmark of failures means nothing. */
export async function closedLoop(
  call: () => Promise<void>,
  { inFlight, durationMs, unitsPerCall = 1 }: Load,
): Promise<Measurement> {
  const latencies = createLatencies();
  const cpuBefore = cpuUs();
  const startMs = performance.now();
  const endMs = startMs + durationMs;
  const worker = async (): Promise<void> => {
    let beganMs = performance.now();
    while (beganMs < endMs) {
      await call();
      const nowMs = performance.now();
      latencies.add(nowMs - beganMs);
      beganMs = nowMs;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
  const elapsedMs = performance.now() - startMs;
  const units = latencies.count * unitsPerCall;
  const [p50Ms = 0, p99Ms = 0] = latencies.percentiles([0.5, 0.99]);
  return {
    perSecond: (units / elapsedMs) * 1_000,
    p50Ms,
    p99Ms,
    loadCpuUs: (cpuUs() - cpuBefore) / units,
    units,
  };
}

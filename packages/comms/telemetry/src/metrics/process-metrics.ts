import { constants, monitorEventLoopDelay, PerformanceObserver, performance } from "node:perf_hooks";
import type { Meter } from "@opentelemetry/api";
import { DURATION_BUCKETS, METRICS, type MetricName } from "./definitions.ts";
import { countOpenFiles, readOpenFilesLimit } from "./open-files.ts";

/** How often the event loop's lag is sampled. Finer costs CPU time in every idle process. */
const LAG_RESOLUTION_MS = 20;
const NS_PER_S = 1e9;

const GC_KINDS = new Map([
  [constants.NODE_PERFORMANCE_GC_MINOR, "minor"],
  [constants.NODE_PERFORMANCE_GC_MAJOR, "major"],
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL, "incremental"],
  [constants.NODE_PERFORMANCE_GC_WEAKCB, "weak_callbacks"],
]);

/**
 * Watches the process: event loop, garbage collection, memory, CPU time. Lag and utilization are of the time since the
 * last reading, so with several readers each sees only its own gap.
 *
 * @returns a function that stops watching.
 */
export function watchProcess(meter: Meter): () => void {
  const describe = (name: MetricName) => ({ description: METRICS[name].help });
  const gauge = (name: MetricName, read: () => number | undefined): void =>
    meter.createObservableGauge(name, describe(name)).addCallback((result) => {
      const value = read();
      if (value !== undefined) result.observe(value);
    });

  gauge("process_resident_memory_bytes", () => process.memoryUsage.rss());
  gauge("nodejs_heap_used_bytes", () => process.memoryUsage().heapUsed);
  gauge("nodejs_heap_total_bytes", () => process.memoryUsage().heapTotal);
  gauge("process_start_time_seconds", () => performance.timeOrigin / 1_000);

  gauge("process_open_fds", countOpenFiles);
  gauge("process_max_fds", readOpenFilesLimit);

  const cpu = meter.createObservableCounter("process_cpu_seconds_total", describe("process_cpu_seconds_total"));
  cpu.addCallback((result) => {
    const { user, system } = process.cpuUsage();
    result.observe((user + system) / 1e6);
  });

  let before = performance.eventLoopUtilization();
  gauge("nodejs_eventloop_utilization_ratio", () => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, before);
    before = now;
    return utilization;
  });

  const lag = monitorEventLoopDelay({ resolution: LAG_RESOLUTION_MS });
  lag.enable();
  const seconds = (ns: number): number => Math.max(0, ns / NS_PER_S - LAG_RESOLUTION_MS / 1_000);
  const lagGauge = meter.createObservableGauge(
    "nodejs_eventloop_lag_seconds",
    describe("nodejs_eventloop_lag_seconds"),
  );
  lagGauge.addCallback((result) => {
    if (lag.count > 0) {
      result.observe(seconds(lag.percentile(50)), { quantile: "0.5" });
      result.observe(seconds(lag.percentile(99)), { quantile: "0.99" });
      result.observe(seconds(lag.max), { quantile: "1" });
    }
    lag.reset();
  });

  const pauses = meter.createHistogram("nodejs_gc_duration_seconds", {
    ...describe("nodejs_gc_duration_seconds"),
    advice: { explicitBucketBoundaries: [...DURATION_BUCKETS] },
  });
  const collector = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const { kind } = (entry as { detail?: { kind?: number } }).detail ?? {};
      pauses.record(entry.duration / 1_000, { kind: GC_KINDS.get(kind ?? -1) ?? "other" });
    }
  });
  collector.observe({ entryTypes: ["gc"] });

  return () => {
    lag.disable();
    collector.disconnect();
  };
}

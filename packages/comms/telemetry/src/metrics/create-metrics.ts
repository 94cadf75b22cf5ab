import type { HrTime, Meter } from "@opentelemetry/api";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { MeterProvider, type MetricData, type MetricProducer, MetricReader } from "@opentelemetry/sdk-metrics";
import type { BusObserver, CallObserver } from "@parley/core";
import type { CallWatcher } from "../watch/watch-calls.ts";
import { createBusMetrics } from "./bus-series.ts";
import { observeCallEvents } from "./call-event-metrics.ts";
import { createCallMetrics } from "./call-series.ts";
import { type ConnectionMetrics, createConnectionMetrics } from "./connection-metrics.ts";
import { createGatewaySeries, type GatewayObservation } from "./gateway-series.ts";
import { createHttpMetrics, type HttpObservation } from "./http-series.ts";
import { gaugeData, type Period } from "./metric-data.ts";
import { watchProcess } from "./process-metrics.ts";

export interface MetricsOptions {
  /** The service's name: the label `service_name` of `target_info`. */
  readonly service: string;
  /** Whether the process itself is watched. Default `"on"`; switch it off for all but one of several in one process. */
  readonly process?: "on" | "off";
  /** What runs, for `parley_build_info`. Default none, and no such metric. */
  readonly version?: string;
}

/** The metrics of one service. Two of them in one process know nothing of each other. */
export interface Metrics {
  /** Counts and times calls, on either side; for `watchCalls`. */
  readonly calls: CallWatcher;
  /** For channels: retries, breakers, connections, queues. */
  readonly observe: CallObserver;
  /** For the bus: what was handled and relayed, and what waits. */
  readonly observeBus: BusObserver;
  /** For what keeps connections to brokers and databases. */
  readonly connections: ConnectionMetrics;
  /** Counts an HTTP request that has been answered. */
  http(request: HttpObservation): void;
  /** Takes what tells how the gateway of this process stands; it is asked each time metrics are read. */
  watchGateway(read: () => GatewayObservation): void;
  /** For a service's own metrics; they appear beside Parley's. */
  readonly meter: Meter;
  /** The present values in Prometheus' text format 0.0.4. */
  text(): Promise<string>;
  readonly contentType: string;
  /** Stops watching the process; what was counted can still be read. Idempotent. */
  close(): Promise<void>;
}

const NODE_VERSION = globalThis.process.versions.node;
const SCOPE = { name: "parley" };

/** A reader that only reads when asked. */
class OnDemandReader extends MetricReader {
  protected override async onShutdown(): Promise<void> {}
  protected override async onForceFlush(): Promise<void> {}
}

/**
 * Metrics on the OpenTelemetry SDK, read as Prometheus text. What every call touches is counted apart
 * ({@link createCallMetrics}) and handed to the SDK as a producer when someone reads.
 */
export function createMetrics({ service, process = "on", version }: MetricsOptions): Metrics {
  const calls = createCallMetrics();
  const requests = createHttpMetrics();
  const events = createBusMetrics();
  const connections = createConnectionMetrics();
  const gateway = createGatewaySeries();
  const startTime = hrNow();
  const producer: MetricProducer = {
    async collect() {
      const period = { startTime, endTime: hrNow() };
      const all = [
        ...calls.collect(period),
        ...requests.collect(period),
        ...events.collect(period),
        ...connections.collect(period),
        ...gateway.collect(period),
        ...buildInfo(version, period),
      ];
      const metrics = all.filter((it) => it.dataPoints.length > 0);
      return { resourceMetrics: { resource, scopeMetrics: [{ scope: SCOPE, metrics }] }, errors: [] };
    },
  };
  const reader = new OnDemandReader({ metricProducers: [producer] });
  const resource = resourceFromAttributes({ "service.name": service });
  const provider = new MeterProvider({ resource, readers: [reader] });
  const meter = provider.getMeter(SCOPE.name);
  const stopWatching = process === "on" ? watchProcess(meter) : () => {};

  return {
    calls: calls.watcher,
    observe: observeCallEvents(meter),
    observeBus: events.observe,
    connections,
    http: requests.observe,
    watchGateway: gateway.watch,
    meter,
    async text() {
      // Loaded when metrics are read: with Node's HTTP server, which it brings along, it is 40 ms of a start.
      const { PrometheusSerializer } = await import("@opentelemetry/exporter-prometheus");
      const serializer = new PrometheusSerializer(undefined, false, undefined, false, true);
      const { resourceMetrics } = await reader.collect();
      return `${serializer.serialize(resourceMetrics).trimEnd()}\n`;
    },
    contentType: "text/plain; version=0.0.4; charset=utf-8",
    async close() {
      stopWatching();
    },
  };
}

function buildInfo(version: string | undefined, period: Period): MetricData[] {
  if (version === undefined) return [];
  return [gaugeData("parley_build_info", [{ labels: { version, node: NODE_VERSION }, value: 1 }], period)];
}

function hrNow(): HrTime {
  const nowMs = Date.now();
  return [Math.trunc(nowMs / 1_000), (nowMs % 1_000) * 1e6];
}

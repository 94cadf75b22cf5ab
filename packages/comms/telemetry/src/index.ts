export {
  createLogger,
  type LineStream,
  type LoggerOptions,
  type LogLevel,
  type TelemetryLogger,
} from "./log/create-logger.ts";
export { type CallLogger, type LogCallsOptions, logCalls } from "./log/log-calls.ts";
export { type LogHandlingsOptions, logConsumption } from "./log/log-handlings.ts";
export type { ConnectionMetrics, PoolUse, TransportLabels } from "./metrics/connection-metrics.ts";
export { createMetrics, type Metrics, type MetricsOptions } from "./metrics/create-metrics.ts";
export { DURATION_BUCKETS, METRICS, type MetricDefinition, type MetricName } from "./metrics/definitions.ts";
export type { GatewayObservation } from "./metrics/gateway-series.ts";
export type { HttpObservation } from "./metrics/http-series.ts";
export { type MetricsServer, type ServeMetricsOptions, serveMetrics } from "./metrics/serve-metrics.ts";
export { type TraceCallsOptions, traceCalls } from "./trace/trace-calls.ts";
export { type TraceHandlingsOptions, traceConsumption } from "./trace/trace-consumption.ts";
export {
  type RequestTracing,
  type TracedRequest,
  type TracedRequestEnd,
  type TracedRequestSpan,
  type TraceRequestsOptions,
  traceRequests,
} from "./trace/trace-requests.ts";
export type { CallOutcome, MessageCounts } from "./watch/call-outcome.ts";
export type { Stopwatch } from "./watch/stopwatch.ts";
export { type CallWatcher, type WatchCallsOptions, watchCalls } from "./watch/watch-calls.ts";

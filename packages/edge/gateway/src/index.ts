export type { AsymmetricAlgorithm, Authenticate, Identity, JwtKeys, JwtOptions } from "@parley/identity";
export { createGateway, type Gateway } from "./create-gateway.ts";
export type { OpenApiOptions } from "./docs/openapi-options.ts";
export type { CorsOptions } from "./edge/cors-options.ts";
export type { DrainOptions } from "./edge/drain-server.ts";
export type { GatewayReadings } from "./edge/gateway-readings.ts";
export type { GatewayMetrics, HttpSample } from "./edge/http-sample.ts";
export type { EdgeJsonOptions } from "./edge/json-style.ts";
export type { RequestEnd, RequestSpan, RequestStart, RequestTracer } from "./exchange/request-tracer.ts";
export type { BackendProbe, HealthReport } from "./health/health-check.ts";
export { type PathTemplate, parsePathTemplate } from "./http-rule/path-template.ts";
export type { ForwardedHeaders, GatewayBackend, GatewayOptions, MetricsAccess } from "./options.ts";
export {
  liveEvent,
  onEvent,
  type RealtimeDefinition,
  type RealtimeEvent,
  type RealtimeListener,
  type RealtimeOptions,
  type RealtimeQuestion,
  type RealtimeRule,
} from "./realtime/options.ts";

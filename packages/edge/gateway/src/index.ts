export type { AsymmetricAlgorithm, Authenticate, Identity, JwtKeys, JwtOptions } from "@parley/identity";
export { createGateway } from "./create-gateway.ts";
export type { OpenApiOptions } from "./docs/openapi-options.ts";
export type { CorsOptions } from "./edge/cors-options.ts";
export type { DrainOptions } from "./edge/drain-server.ts";
export type { GatewayReadings } from "./edge/gateway-readings.ts";
export type { GatewayMetrics, HttpSample } from "./edge/http-sample.ts";
export type { EdgeJsonOptions } from "./edge/json-style.ts";
export type { RequestEnd, RequestSpan, RequestStart, RequestTracer } from "./exchange/request-tracer.ts";
export type { BackendProbe, HealthReport } from "./health/health-check.ts";
export type { Gateway } from "./kernel/create-kernel.ts";
export { type PathTemplate, parsePathTemplate } from "./kernel/path-template.ts";
export type { HttpMiddleware, RouteHandler, RouteResponse } from "./kernel/route.ts";
export type { RouteRequest } from "./kernel/route-request.ts";
export type { ForwardedHeaders, GatewayBackend, GatewayOptions, MetricsAccess } from "./options.ts";
export {
  type ContentDescription,
  type PlainResponse,
  type PlainRoute,
  type PlainRouteOptions,
  type RouteContext,
  type RouteDescription,
  route,
} from "./plain/plain-route.ts";
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

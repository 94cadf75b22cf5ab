export type { AsymmetricAlgorithm, Authenticate, Identity, JwtKeys, JwtOptions } from "@parley/identity";
export { createGateway } from "./create-gateway.ts";
export type { Gateway } from "./kernel/create-kernel.ts";
export type { BackendProbe, HealthReport } from "./kernel/health/health-check.ts";
export { type PathTemplate, parsePathTemplate } from "./kernel/path-template.ts";
export type { CorsOptions } from "./kernel/request/cors-options.ts";
export type { RequestEnd, RequestSpan, RequestStart, RequestTracer } from "./kernel/request/request-tracer.ts";
export type { HttpMiddleware, RouteHandler, RouteResponse } from "./kernel/route.ts";
export type { RouteRequest } from "./kernel/route-request.ts";
export type { DrainOptions } from "./kernel/server/drain-server.ts";
export type { GatewayReadings } from "./kernel/server/gateway-readings.ts";
export type { GatewayMetrics, HttpSample } from "./kernel/server/http-sample.ts";
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
export type { EdgeJsonOptions } from "./rest/json-style.ts";
export type { OpenApiOptions } from "./rest/openapi/openapi-options.ts";
export {
  type ContentDescription,
  type PlainResponse,
  type PlainRoute,
  type PlainRouteOptions,
  type RouteContext,
  type RouteDescription,
  route,
} from "./rest/plain/plain-route.ts";

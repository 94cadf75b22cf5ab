/**
 * What a team installs and imports: definitions of services, gateways and systems, and what a handler needs from the floors
 * below, so that a system imports from `parleyjs` alone.
 */
export {
  alreadyExists,
  type Cache,
  type CacheOptions,
  type CallContext,
  type Clock,
  CODES,
  createCache,
  currentContext,
  type Database,
  type ErrorCode,
  type ErrorDetail,
  type Executor,
  type FieldViolation,
  failedPrecondition,
  type Interceptor,
  invalidArgument,
  isParleyError,
  type Logger,
  Metadata,
  notFound,
  ParleyError,
  type Principal,
  permissionDenied,
  type Row,
  type Transaction,
  toParleyError,
  unauthenticated,
} from "@parley/core";
export {
  type BatchHandler,
  defineEvent,
  defineQueue,
  defineRequest,
  type EventDefinition,
  type EventHandler,
  type EventOptions,
  type EventScope,
  type JobHandler,
  type JobScope,
  type QueueDefinition,
  type QueueOptions,
  type RequestDefinition,
  type SubscribeOptions,
} from "@parley/events";
export type { HttpMiddleware, RouteHandler, RouteRequest, RouteResponse } from "@parley/gateway";
export {
  liveEvent,
  onEvent,
  type RealtimeEvent,
  type RealtimeListener,
  type RealtimeRule,
} from "@parley/gateway/realtime";
export {
  type PlainResponse,
  type PlainRoute,
  type PlainRouteOptions,
  type RouteContext,
  type RouteDescription,
  route,
} from "@parley/gateway/route";
export type { CallOptions, Client, HandlerContext, ServiceImplementation } from "@parley/rpc";
export type { Envelope, TransportAdapter } from "@parley/transport";
export type { HearingTools, StoringTools } from "./define/event-tools.ts";
export { defineGateway, type GatewayDefinition, type GatewayDefinitionOptions } from "./define/gateway.ts";
export type { IdentityDefinition, IdentityKeys } from "./define/identity.ts";
export {
  type DatabaseDefinition,
  defineService,
  type Implementations,
  type ServiceDefinition,
  type ServiceDependencies,
  type ServiceOptions,
  type ServiceTools,
} from "./define/service.ts";
export { defineSystem } from "./define/system.ts";
export {
  type PartDefinition,
  partsOf,
  type SystemDefinition,
  type SystemOptions,
  type TryRequest,
} from "./define/system-definition.ts";
export { type EnvironmentVariable, environmentVariables } from "./settings/environment.ts";

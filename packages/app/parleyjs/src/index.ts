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
  type BatchContext,
  type BatchHandler,
  type BatchItem,
  type BatchOptions,
  defineEvent,
  defineQueue,
  defineRequest,
  type EnqueueOptions,
  type EventContext,
  type EventDefinition,
  type EventHandler,
  type EventOptions,
  type JobContext,
  type JobHandler,
  type QueueDefinition,
  type QueueOptions,
  type RequestContext,
  type RequestDefinition,
  type SubscribeOptions,
  type WorkOptions,
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
export { type EnvironmentVariable, environmentVariables } from "./define/environment.ts";
export { defineGateway, type GatewayDefinition, type GatewayDefinitionOptions } from "./define/gateway.ts";
export {
  type BatchSubscription,
  on,
  onBatch,
  type QueueWorker,
  type Responder,
  respond,
  type Subscription,
  work,
} from "./define/handlers.ts";
export type { IdentityDefinition, IdentityKeys } from "./define/identity.ts";
export {
  type BuiltHandlers,
  type DatabaseDefinition,
  defineService,
  type Implementations,
  type ServiceDefinition,
  type ServiceHandlers,
  type ServiceOptions,
} from "./define/service.ts";
export type {
  CommonTools,
  EventTools,
  JobTools,
  PublishOptions,
  SetupTools,
  StoredEventTools,
} from "./define/service-tools.ts";
export { defineSystem } from "./define/system.ts";
export {
  type PartDefinition,
  partsOf,
  type SystemDefinition,
  type SystemOptions,
  type TryRequest,
} from "./define/system-definition.ts";

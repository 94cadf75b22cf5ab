/**
 * What people install: definitions of services and systems, and the runtime behind the `parley` command. What a
 * handler needs from the floors below is exported here too, so that a system imports from `parley` alone.
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
  type Envelope,
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
export {
  liveEvent,
  onEvent,
  type RealtimeEvent,
  type RealtimeListener,
  type RealtimeRule,
} from "@parley/gateway/realtime";
export {
  type CallOptions,
  type Client,
  createChannel,
  createClient,
  type HandlerContext,
  type ServiceImplementation,
} from "@parley/rpc";
export { type EnvironmentVariable, environmentVariables } from "./config/environment.ts";
export type { ConfigFlags } from "./config/flags.ts";
export { policyJsonSchema } from "./config/policy-json-schema.ts";
export type { ConfigurationProblem } from "./config/problem.ts";
export { type ConfigSources, policyPath, resolveConfig, type SystemInFolder } from "./config/resolve-config.ts";
export type { CertificateConfig, DatabaseConfig, ResolvedConfig, TlsConfig } from "./config/resolved-config.ts";
export { type SuspiciousVariable, suspiciousVariables } from "./config/suspicious-variables.ts";
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
export { type ProcessGroup, type ProcessOptions, runProcesses } from "./processes/run-processes.ts";
export { type Announcement, announce } from "./runtime/announce.ts";
export { migrationsPath } from "./runtime/databases.ts";
export { exampleRequests, requestsToShow, type ShownRequest } from "./runtime/example-requests.ts";
export { findEntry, type LoadedSystem, loadSystem } from "./runtime/load-system.ts";
export { describeFailure, reportFailure } from "./runtime/report-failure.ts";
export { type RunOptions, runSystem, startPart } from "./runtime/run-system.ts";
export type { RunningPart, RunningSystem, StopLimits, StopOutcome } from "./runtime/running.ts";
export {
  type ExitCode,
  onStopSignals,
  type ServeOptions,
  type StopRequests,
  serveUntilStopped,
} from "./runtime/serve-until-stopped.ts";

/** Errors, the context of a call, the clock and the ports of calls and storage: what handlers and extensions use. */
export { type Cache, type CacheOptions, createCache } from "./cache/create-cache.ts";
export type {
  Call,
  CallHandler,
  Interceptor,
  Operation,
  Reply,
  StreamingCall,
  StreamingReply,
  UnaryCall,
  UnaryReply,
} from "./call/call.ts";
export { Metadata, type MetadataSource, type MetadataValue } from "./call/metadata.ts";
export { operationOf, operationsOf } from "./call/operation.ts";
export { type CallContext, currentContext, type Principal, runWithContext } from "./context/call-context.ts";
export type { TraceContext } from "./context/trace.ts";
export { CODES, type Code, type ErrorCode, isCode } from "./errors/code.ts";
export type { BadRequestDetail, ErrorDetail, ErrorInfoDetail, FieldViolation } from "./errors/details.ts";
export { toParleyError } from "./errors/from-unknown.ts";
export {
  alreadyExists,
  failedPrecondition,
  invalidArgument,
  isParleyError,
  notFound,
  ParleyError,
  type ParleyErrorOptions,
  permissionDenied,
  unauthenticated,
} from "./errors/parley-error.ts";
export type { CallEvent, CallObserver } from "./observe/call-event.ts";
export type { BusEvent, BusObserver } from "./observe/consumption.ts";
export { type Logger, noopLogger } from "./observe/logger.ts";
export type { Backoff } from "./policy/backoff.ts";
export type { CallPolicy } from "./policy/call-policy.ts";
export type { BreakerPolicy } from "./policy/circuit-breaker.ts";
export type { RetryPolicy } from "./policy/retry.ts";
export type { Random } from "./random.ts";
export type { Database, Executor, QueryOptions, QueryResult, Row, Transaction } from "./storage/database.ts";
export { type Clock, systemClock, type Timer } from "./time/clock.ts";
export { createManualClock, type ManualClock } from "./time/manual-clock.ts";
export { sleep } from "./time/sleep.ts";

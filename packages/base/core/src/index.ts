export { type Cache, type CacheOptions, createCache } from "./cache/create-cache.ts";
export * from "./call/call.ts";
export * from "./call/metadata.ts";
export { operationOf, operationsOf } from "./call/operation.ts";
export { stopIterator } from "./call/stop-iterator.ts";
export {
  type StreamEnd,
  type StreamWatcher,
  takeWatcher,
  type WatchableStream,
  watchStream,
} from "./call/watch-stream.ts";
export { Line, type Place } from "./collections/line.ts";
export { formatBaggage, NO_BAGGAGE, parseBaggage } from "./context/baggage.ts";
export { type CallContext, currentContext, type Principal, runWithContext } from "./context/call-context.ts";
export { ContextCopy } from "./context/context-copy.ts";
export { type ContextOptions, DEFAULT_TIMEOUT_MS, deriveContext, neverAborts } from "./context/derive.ts";
export { isFieldText, trimFieldText } from "./context/field-text.ts";
export { acceptId, CONTEXT_HEADERS, MAX_ID_LENGTH } from "./context/headers.ts";
export { ABORT_SOURCE, abortingOf, LazyContext, withTrace } from "./context/lazy-context.ts";
export { decodeTenant, encodeTenant, MAX_TENANT_LENGTH, tenantFault } from "./context/tenant.ts";
export { childSpan, formatTraceparent, parseTrace, startTrace, type TraceContext } from "./context/trace.ts";
export { deadlineExceeded, withDeadline } from "./context/with-deadline.ts";
export {
  type AccessRule,
  accessRuleOf,
  type HttpBinding,
  httpBindingsOf,
  isBareMethod,
  isPublicMethod,
  successStatusOf,
} from "./contract/method-options.ts";
export type { MessageValidator } from "./contract/validation.ts";
export {
  CODES,
  type Code,
  type CodeInfo,
  codeFromNumber,
  type ErrorCode,
  isCode,
  type RetryMeaning,
} from "./errors/code.ts";
export type * from "./errors/details.ts";
export { toParleyError } from "./errors/from-unknown.ts";
export {
  alreadyExists,
  describeViolations,
  failedPrecondition,
  invalidArgument,
  isParleyError,
  notFound,
  ParleyError,
  type ParleyErrorOptions,
  permissionDenied,
  unauthenticated,
} from "./errors/parley-error.ts";
export { countExternal } from "./memory/external-memory.ts";
export type * from "./observe/call-event.ts";
export type * from "./observe/handling.ts";
export { EVENTS_HEALTH } from "./observe/health-names.ts";
export { type Logger, silentLogger } from "./observe/logger.ts";
export { type Backoff, backoffDelayMs, DEFAULT_BACKOFF } from "./policy/backoff.ts";
export {
  type CallPolicy,
  type CallPolicyLookup,
  DEFAULT_CALL_POLICY,
  DEFAULT_STREAM_TIMEOUT_MS,
  defaultCallPolicyOf,
} from "./policy/call-policy.ts";
export {
  type BreakerPermit,
  type BreakerPolicy,
  type CircuitBreaker,
  type CircuitBreakerOptions,
  createCircuitBreaker,
  DEFAULT_BREAKER,
} from "./policy/circuit-breaker.ts";
export { DEFAULT_RETRY, isRetryable, type RetryPolicy } from "./policy/retry.ts";
export {
  createRetryBudget,
  DEFAULT_RETRY_BUDGET,
  type RetryBudget,
  type RetryBudgetOptions,
} from "./policy/retry-budget.ts";
export { createSeededRandom, type IdSource, type Random, systemIds, systemRandom } from "./random.ts";
export type * from "./storage/database.ts";
export { type Aborting, type AbortListener, AbortSource, listenTo, signalOf, unlistenTo } from "./time/abort-source.ts";
export { abortable } from "./time/abortable.ts";
export { type Clock, systemClock, type Timer } from "./time/clock.ts";
export { formatDurationMs, parseDurationMs } from "./time/duration.ts";
export { LoopBudget, loopBudget } from "./time/loop-budget.ts";
export { createManualClock, type ManualClock } from "./time/manual-clock.ts";
export { settleWithin } from "./time/settle-within.ts";
export { sleep } from "./time/sleep.ts";
export { type TimeLimit, timeLimit } from "./time/time-limit.ts";

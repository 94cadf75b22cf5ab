/** For the other packages of Parley; outside of semantic versioning. */
export { chain } from "./call/call.ts";
export { stopIterator } from "./call/stop-iterator.ts";
export {
  attachObserver,
  type ObservableStream,
  type StreamEnd,
  type StreamWatcher,
  watchStream,
} from "./call/watch-stream.ts";
export { LinkedQueue, type QueueNode } from "./collections/linked-queue.ts";
export { formatBaggage, NO_BAGGAGE, parseBaggage } from "./context/baggage.ts";
export { DEFAULT_TIMEOUT_MS, deriveContext, neverAborts } from "./context/derive.ts";
export { isFieldText, trimFieldText } from "./context/field-text.ts";
export { acceptId, CONTEXT_HEADERS } from "./context/headers.ts";
export { abortOf, LazyContext, withContext } from "./context/lazy-context.ts";
export { decodeTenant, encodeTenant, MAX_TENANT_LENGTH, tenantFault } from "./context/tenant.ts";
export { childSpan, formatTraceparent, parseTrace, startTrace } from "./context/trace.ts";
export { deadlineExceeded, withDeadline } from "./context/with-deadline.ts";
export { codeFromNumber } from "./errors/code.ts";
export { describeViolations } from "./errors/parley-error.ts";
export type { BreakerState, ConnectivityState } from "./observe/call-event.ts";
export type { ConsumeHandler, ConsumeInterceptor, Consumption, ConsumptionOutcome } from "./observe/consumption.ts";
export { EVENTS_HEALTH } from "./observe/health-names.ts";
export { backoffDelayMs } from "./policy/backoff.ts";
export {
  type CallPolicyLookup,
  DEFAULT_CALL_POLICY,
  DEFAULT_STREAM_TIMEOUT_MS,
  defaultCallPolicyOf,
} from "./policy/call-policy.ts";
export {
  type BreakerPermit,
  type CircuitBreaker,
  createCircuitBreaker,
  DEFAULT_BREAKER,
} from "./policy/circuit-breaker.ts";
export { DEFAULT_RETRY, isRetryable } from "./policy/retry.ts";
export { createRetryBudget, type RetryBudget, type RetryBudgetOptions } from "./policy/retry-budget.ts";
export { createSeededRandom, type IdSource, systemIds, systemRandom } from "./random.ts";
export { abortable } from "./time/abortable.ts";
export { formatDurationMs, parseDurationMs } from "./time/duration.ts";
export { type AbortLike, addAbortListener, LazyAbort, removeAbortListener, toSignal } from "./time/lazy-abort.ts";
export { loopBudget } from "./time/loop-budget.ts";
export { settleWithin } from "./time/settle-within.ts";
export { timeLimit } from "./time/time-limit.ts";

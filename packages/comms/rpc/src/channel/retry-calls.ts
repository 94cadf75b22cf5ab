import {
  type Call,
  type CallHandler,
  type CallObserver,
  type Clock,
  type ParleyError,
  type Random,
  type Reply,
  type RetryPolicy,
  sleep,
  toParleyError,
} from "@parley/core";
import { abortOf, backoffDelayMs, isRetryable, toSignal } from "@parley/core/internal";
import type { AttemptHandler, ReplyCallbacks } from "../connection/attempt-handler.ts";
import { abortError } from "../grpc/abort-error.ts";
import { isCallerFault } from "../grpc/caller-fault.ts";
import { metadataOf } from "../grpc/error-metadata.ts";
import { isRelayed, markOrigin } from "../grpc/error-origin.ts";
import { isBreakerRefusal } from "./break-circuit.ts";
import type { MethodPlan, MethodPlanLookup } from "./method-plan.ts";
import { isReplayable, ReplayableMessages } from "./replayable-messages.ts";

/** Tells the server how many attempts came before this one (gRPC proposal A6). */
const PREVIOUS_ATTEMPTS = "grpc-previous-rpc-attempts";
/** How long the server asks to wait, or that there be no retry (the same proposal). */
const PUSH_BACK = "grpc-retry-pushback-ms";

export interface RetryCallsOptions {
  readonly planOf: MethodPlanLookup;
  readonly target: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly observe: CallObserver;
  /** Aborts when the channel closes: nobody waits for another attempt then. */
  readonly closing: AbortSignal;
  /** Carries one attempt. */
  readonly carry: AttemptHandler;
}

/**
 * Tries failed calls again, as far as the policy and {@link isRetryable} allow, within the call's deadline.
 *
 * Given up at once: when the failure began behind the target, which has tried again itself; when the wait would outlast the
 * deadline, when the target's budget is used up, when a breaker is open, when the server asks for a longer wait than the
 * policy's longest, and when a request stream was read too far to be sent again. A stream is committed by its response
 * headers: what fails later is the reader's to handle.
 *
 * What fails in the end is marked with the target, for the server whose handler it may fail in turn.
 */
export function retryCalls(options: RetryCallsOptions): CallHandler {
  return (call) => new Promise((resolve, reject) => new RetryingCall(call, { resolve, reject }, options).begin());
}

/** A call from its first attempt to its end: under way, resting before the next attempt, or settled. */
class RetryingCall implements ReplyCallbacks {
  readonly #call: Call;
  readonly #receiver: ReplyCallbacks;
  readonly #options: RetryCallsOptions;
  readonly #plan: MethodPlan;
  #attempt = 0;
  /** The failure that the present attempt follows. */
  #before: ParleyError | undefined;

  constructor(call: Call, receiver: ReplyCallbacks, options: RetryCallsOptions) {
    this.#call = call.streaming ? { ...call, messages: new ReplayableMessages(call.messages) } : call;
    this.#receiver = receiver;
    this.#options = options;
    this.#plan = options.planOf(call.operation);
  }

  begin(): void {
    this.#attempt += 1;
    this.#options.carry(this.#attempt === 1 ? this.#call : attemptOf(this.#call, this.#attempt), this);
  }

  resolve(reply: Reply): void {
    this.#plan.budget.success();
    this.#settle();
    this.#receiver.resolve(reply);
  }

  reject(thrown: unknown): void {
    const error = toParleyError(thrown);
    const delayMs = nextDelayMs(error, { call: this.#call, attempt: this.#attempt, plan: this.#plan }, this.#options);
    // What made a breaker open says more than that it is open.
    if (delayMs === undefined) return this.#fail(isBreakerRefusal(error) ? (this.#before ?? error) : error);
    this.#before = error;
    pause(delayMs, { call: this.#call, error }, this.#options).then(
      () => this.begin(),
      (reason: ParleyError) => this.#fail(reason),
    );
  }

  #fail(error: ParleyError): void {
    markOrigin(error, this.#options.target);
    this.#settle();
    this.#receiver.reject(error);
  }

  /** No attempt follows. */
  #settle(): void {
    const { messages } = this.#call as { readonly messages?: ReplayableMessages };
    messages?.settle();
  }
}

interface Attempt {
  readonly call: Call;
  /** Counts from 1. */
  readonly attempt: number;
  readonly plan: MethodPlan;
}

/** How long to wait before the next attempt; undefined if none follows. */
function nextDelayMs(error: ParleyError, { call, attempt, plan }: Attempt, options: RetryCallsOptions) {
  const { policy, budget } = plan;
  const { target, clock, random, observe } = options;
  // A call that its own caller cancelled says nothing of the target, and its caller wants no other attempt.
  if (abortOf(call.context).aborted) return undefined;
  if (isRelayed(error) || isCallerFault(error) || !isRetryable(error, policy.retry, call.operation)) return undefined;
  budget.failure();
  if (attempt >= policy.retry.maxAttempts || isBreakerRefusal(error) || !isReplayable(call)) return undefined;
  const delayMs = delayAfter(error, attempt, policy.retry, random);
  if (delayMs === undefined || clock.now() + delayMs >= call.context.deadlineMs) return undefined;
  const method = call.operation.path;
  if (!budget.allows()) {
    observe({ type: "retry_budget_exhausted", target, method });
    return undefined;
  }
  observe({ type: "retry", target, method, attempt, delayMs, code: error.code });
  return delayMs;
}

/** The policy's backoff, or the server's own wish if that is longer; undefined if it is more than the policy waits. */
function delayAfter(error: ParleyError, attempt: number, { backoff }: RetryPolicy, random: Random) {
  const wishMs = pushBackMs(error);
  return wishMs > backoff.maxMs ? undefined : Math.max(wishMs, backoffDelayMs(backoff, attempt, random));
}

/** What the server asks for, as a typed detail or in gRPC's own trailer, where a negative or broken number forbids a retry. */
function pushBackMs(error: ParleyError): number {
  const trailer = metadataOf(error)?.trailer.get(PUSH_BACK);
  if (trailer !== undefined) return /^\d{1,9}$/.test(trailer) ? Number(trailer) : Number.POSITIVE_INFINITY;
  return error.detail("retry_info")?.retryAfterMs ?? 0;
}

/** Waits; a caller that cancels meanwhile gets its reason, and when the channel closes the last failure stands. */
async function pause(delayMs: number, { call, error }: { call: Call; error: ParleyError }, options: RetryCallsOptions) {
  const signal = toSignal(abortOf(call.context));
  try {
    await sleep(delayMs, { signal: AbortSignal.any([signal, options.closing]), clock: options.clock });
  } catch {
    throw signal.aborted ? abortError(signal) : error;
  }
}

function attemptOf(call: Call, attempt: number): Call {
  return { ...call, metadata: call.metadata.clone().set(PREVIOUS_ATTEMPTS, String(attempt - 1)) };
}

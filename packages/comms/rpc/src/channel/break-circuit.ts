import { type ErrorCode, ParleyError, type Reply, toParleyError } from "@parley/core";
import type { BreakerPermit, CircuitBreaker } from "@parley/core/internal";
import type { AttemptHandler, ReplyCallbacks } from "../connection/attempt-handler.ts";
import { isCallerFault } from "../grpc/caller-fault.ts";
import { isRelayed } from "../grpc/error-origin.ts";
import type { MethodPlanLookup } from "./method-plan.ts";

/**
 * Failures that speak against the target. DEADLINE_EXCEEDED does, though a caller in too much of a hurry causes it too: a
 * target that hangs shows in no other way. RESOURCE_EXHAUSTED does not: it judges the caller (a quota, a message too
 * large). Every other code is an answer of a target that works, and so is a failure of a service behind it.
 */
const UNHEALTHY: ReadonlySet<ErrorCode> = new Set(["UNAVAILABLE", "DEADLINE_EXCEEDED", "INTERNAL", "UNKNOWN"]);

/** Of these, those that a target which answers does not cause. */
const SILENCE: ReadonlySet<ErrorCode> = new Set(["UNAVAILABLE", "DEADLINE_EXCEEDED"]);

/** The reason in the `error_info` of a call that an open breaker refused. */
const BREAKER_OPEN = "BREAKER_OPEN";

/**
 * Refuses attempts while the target's circuit breaker is open. It stands inside of retry, so that every attempt counts
 * and a half-open breaker lets through exactly as many as its policy says. A stream is judged by how it begins.
 *
 * @param onRefused Called for each refused attempt: a chance to find out whether the target is back.
 */
export function breakCircuit(
  planOf: MethodPlanLookup,
  target: string,
  carry: AttemptHandler,
  onRefused: () => void,
): AttemptHandler {
  return (call, receiver) => {
    const { breaker } = planOf(call.operation);
    if (!breaker) return carry(call, receiver);
    let permit: BreakerPermit;
    try {
      permit = acquire(breaker, target);
    } catch (refusal) {
      onRefused();
      return receiver.reject(refusal);
    }
    carry(call, new BreakerAttempt(permit, receiver));
  };
}

/** An attempt whose outcome the breaker hears of first. */
class BreakerAttempt implements ReplyCallbacks {
  readonly #permit: BreakerPermit;
  readonly #receiver: ReplyCallbacks;

  constructor(permit: BreakerPermit, receiver: ReplyCallbacks) {
    this.#permit = permit;
    this.#receiver = receiver;
  }

  resolve(reply: Reply): void {
    this.#permit.success();
    this.#receiver.resolve(reply);
  }

  reject(thrown: unknown): void {
    const error = toParleyError(thrown);
    if (isCallerFault(error)) this.#permit.ignore();
    else if (UNHEALTHY.has(error.code) && !isRelayed(error))
      this.#permit.failure(SILENCE.has(error.code) ? "silence" : "defect");
    // What never reached the target, or was called back, says nothing of it.
    else if (error.code === "CANCELLED" || error.progress === "refused") this.#permit.ignore();
    else this.#permit.success();
    this.#receiver.reject(error);
  }
}

function acquire(breaker: CircuitBreaker, target: string): BreakerPermit {
  try {
    return breaker.acquire();
  } catch (refusal) {
    const { message, details } = toParleyError(refusal);
    throw new ParleyError("UNAVAILABLE", message, {
      progress: "refused",
      details: [...details, { type: "error_info", reason: BREAKER_OPEN, domain: "parley", metadata: { target } }],
    });
  }
}

/** Whether an open breaker, of this process or of one further on, refused the call: to try again at once is vain. */
export function isBreakerRefusal(error: ParleyError): boolean {
  return error.detail("error_info")?.reason === BREAKER_OPEN;
}

import type { CallHandler, Interceptor } from "@parley/core";
import { chain } from "@parley/core/internal";
import type { AttemptHandler } from "../connection/attempt-handler.ts";
import { breakCircuit } from "./break-circuit.ts";
import { deriveCallContext } from "./derive-context.ts";
import type { MethodPlans } from "./method-plan.ts";
import type { ResolvedCommonOptions } from "./options.ts";
import { retryCalls } from "./retry-calls.ts";

export interface PipelineOptions extends ResolvedCommonOptions {
  readonly target: string;
  /** Aborts when the channel closes. */
  readonly closing: AbortSignal;
  /** Carries one attempt. */
  readonly carry: AttemptHandler;
  readonly plans: MethodPlans;
  /** An open breaker has refused an attempt. */
  readonly onRefused: () => void;
}

/**
 * What a call goes through, outermost first:
 *
 * 1. its context: span, caller, deadline; everything further in sees these;
 * 2. the interceptors of the channel's user, once per call;
 * 3. retry, which also marks what fails with the target;
 * 4. the attempt interceptors, once per attempt;
 * 5. the circuit breaker: inside of retry, so that it judges attempts and a trial is one;
 * 6. `carry`: balancer, queue, connection.
 */
export function createPipeline(options: PipelineOptions): CallHandler {
  const { target, attemptInterceptors, interceptors, onRefused } = options;
  const { planOf } = options.plans;
  const judged = breakCircuit(planOf, target, options.carry, onRefused);
  const carry = attemptInterceptors.length > 0 ? intercepted(attemptInterceptors, judged) : judged;
  return chain([deriveCallContext({ ...options, planOf }), ...interceptors], retryCalls({ ...options, planOf, carry }));
}

/**
 * Attempts with interceptors around them. The receiver hears from a promise that was made in the asynchronous context of the
 * call, so a later attempt, which begins when it hears of a failure, runs in that context too.
 */
function intercepted(interceptors: readonly Interceptor[], carry: AttemptHandler): AttemptHandler {
  const handle = chain([ownMetadata, ...interceptors], (call) => {
    return new Promise((resolve, reject) => carry(call, { resolve, reject }));
  });
  return (call, receiver) => {
    handle(call).then(
      (reply) => receiver.resolve(reply),
      (error: unknown) => receiver.reject(error),
    );
  };
}

/** What one attempt's interceptors add to the metadata must not be there already in the next. */
const ownMetadata: Interceptor = (next) => (call) => next({ ...call, metadata: call.metadata.clone() });

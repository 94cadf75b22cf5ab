import { type CallHandler, chain, type Interceptor } from "@parley/core";
import { markOrigin } from "../grpc/error-origin.ts";
import { breakCircuit } from "./break-circuit.ts";
import { deriveCallContext } from "./derive-context.ts";
import { createMethodPlans } from "./method-plan.ts";
import type { ResolvedCommonOptions } from "./options.ts";
import { retryCalls } from "./retry-calls.ts";

export interface PipelineOptions extends ResolvedCommonOptions {
  readonly target: string;
  /** Aborts when the channel closes. */
  readonly closing: AbortSignal;
  /** Carries one attempt. */
  readonly carry: CallHandler;
}

/**
 * What a call goes through, outermost first:
 *
 * 1. what fails is marked with the target, for the server whose handler it may fail in turn;
 * 2. its context: span, caller, deadline; everything further in sees these;
 * 3. the interceptors of the channel's user, once per call;
 * 4. retry;
 * 5. the attempt interceptors, once per attempt;
 * 6. the circuit breaker: inside of retry, so that it judges attempts and a trial is one;
 * 7. `carry`: balancer, queue, connection.
 */
export function createPipeline(options: PipelineOptions): CallHandler {
  const { target, attemptInterceptors, carry } = options;
  const planOf = createMethodPlans(options);
  return chain(
    [
      nameOrigin(target),
      deriveCallContext({ ...options, planOf }),
      ...options.interceptors,
      retryCalls({ ...options, planOf }),
      ...(attemptInterceptors.length > 0 ? [ownMetadata] : []),
      ...attemptInterceptors,
      breakCircuit(planOf, target),
    ],
    carry,
  );
}

/** What one attempt's interceptors add to the metadata must not be there already in the next. */
const ownMetadata: Interceptor = (next) => (call) => next({ ...call, metadata: call.metadata.clone() });

function nameOrigin(target: string): Interceptor {
  return (next) => async (call) => {
    try {
      return await next(call);
    } catch (thrown) {
      if (thrown instanceof Error) markOrigin(thrown, target);
      throw thrown;
    }
  };
}

import type { BreakerPolicy, CallObserver, CallPolicy, Clock, Operation } from "@parley/core";
import {
  type BreakerState,
  type CallPolicyLookup,
  type CircuitBreaker,
  createCircuitBreaker,
  createRetryBudget,
  type RetryBudget,
  type RetryBudgetOptions,
} from "@parley/core/internal";

/** What governs the calls to one method over one channel. */
export interface MethodPlan {
  readonly policy: CallPolicy;
  /** Undefined if the policy turns it off. */
  readonly breaker: CircuitBreaker | undefined;
  readonly budget: RetryBudget;
}

/** A health check asks what a breaker guesses: neither may stand in the other's way. */
const HEALTH_SERVICE = "grpc.health.v1.Health";

export type MethodPlanLookup = (operation: Operation) => MethodPlan;

export interface MethodPlans {
  readonly planOf: MethodPlanLookup;
  /** The target is back, or says that it serves: breakers that are open begin their trial, as far as that counts for them. */
  tryBreakers(sign: "back" | "serves"): void;
}

export interface MethodPlanOptions {
  readonly target: string;
  readonly policy: CallPolicyLookup;
  readonly clock: Clock;
  readonly observe: CallObserver;
}

/**
 * Asks for the policy of a method once, at its first call. Breaker and budget belong to the target: methods whose
 * policies say the same about them share one, so that a target is judged by all that is known of it.
 */
export function createMethodPlans({ target, policy, clock, observe }: MethodPlanOptions): MethodPlans {
  const plans = new Map<Operation, MethodPlan>();
  const breakers: CircuitBreaker[] = [];
  const breakerOf = shared((breaker: BreakerPolicy) => {
    const onChange = (from: BreakerState, to: BreakerState): void => observe({ type: "breaker", target, from, to });
    const made = createCircuitBreaker({ target, policy: breaker, clock, onChange });
    breakers.push(made);
    return made;
  });
  const budgetOf = shared<RetryBudgetOptions, RetryBudget>(createRetryBudget);

  const planOf: MethodPlanLookup = (operation) => {
    let plan = plans.get(operation);
    if (!plan) {
      const own = policy(operation.service, operation.method, operation.kind);
      plan = {
        policy: own,
        breaker: own.breaker === "off" || operation.service === HEALTH_SERVICE ? undefined : breakerOf(own.breaker),
        budget: budgetOf(own.retry.budget),
      };
      plans.set(operation, plan);
    }
    return plan;
  };
  return {
    planOf,
    tryBreakers(sign) {
      for (const breaker of breakers) breaker.tryNow(sign);
    },
  };
}

/** Makes one thing for all options that are equal in value. */
function shared<O extends object, T>(create: (options: O) => T): (options: O) => T {
  const made = new Map<string, T>();
  return (options) => {
    const key = JSON.stringify(Object.entries(options).sort());
    const thing = made.get(key) ?? create(options);
    made.set(key, thing);
    return thing;
  };
}

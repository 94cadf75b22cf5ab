import type { BreakerPolicy, CallPolicy, RetryPolicy } from "@parley/core";
import { type CallPolicyLookup, DEFAULT_BREAKER, DEFAULT_CALL_POLICY } from "@parley/core/internal";
import type { BreakerSettings, CallSettings, PolicyFile, RetrySettings } from "parleyjs/internal";
import type { CallTimeoutLookup } from "./call-timeouts.ts";

/**
 * The policy of every method: what the file says for the method, else for its contract, else for the system, else the
 * default; setting by setting. Each method's policy is put together once.
 *
 * @param timeoutOf the deadlines of calls.
 */
export function createCallPolicies(file: PolicyFile, timeoutOf: CallTimeoutLookup): CallPolicyLookup {
  const base = refine(DEFAULT_CALL_POLICY, { retry: file.retry, breaker: file.breaker });
  const found = new Map<string, CallPolicy>();
  return (service, method, kind = "unary") => {
    const key = `${service}/${method}/${kind}`;
    let policy = found.get(key);
    if (!policy) {
      const ofService = file.services?.get(service);
      const refined = refine(refine(base, ofService), ofService?.methods?.get(method));
      policy = { ...refined, timeoutMs: timeoutOf(service, method, kind).timeoutMs };
      found.set(key, policy);
    }
    return policy;
  };
}

function refine(policy: CallPolicy, settings: CallSettings | undefined): CallPolicy {
  if (!settings) return policy;
  return {
    timeoutMs: policy.timeoutMs,
    retry: refineRetry(policy.retry, settings.retry),
    breaker: refineBreaker(policy.breaker, settings.breaker),
  };
}

function refineRetry(policy: RetryPolicy, settings: RetrySettings | undefined): RetryPolicy {
  if (!settings) return policy;
  const { backoff, budget } = policy;
  return {
    maxAttempts: settings.maxAttempts ?? policy.maxAttempts,
    codes: settings.codes ?? policy.codes,
    backoff: {
      initialMs: settings.initialDelay ?? backoff.initialMs,
      maxMs: settings.maxDelay ?? backoff.maxMs,
      multiplier: settings.multiplier ?? backoff.multiplier,
      jitter: settings.jitter ?? backoff.jitter,
    },
    budget: {
      maxTokens: settings.budgetTokens ?? budget.maxTokens,
      tokenRatio: settings.budgetRatio ?? budget.tokenRatio,
    },
  };
}

/** A section after `off` turns the breaker on again, with the defaults for what it leaves out. */
function refineBreaker(policy: BreakerPolicy | "off", settings: BreakerSettings | undefined): BreakerPolicy | "off" {
  if (settings === undefined) return policy;
  if (settings === "off") return "off";
  const base = policy === "off" ? DEFAULT_BREAKER : policy;
  return {
    windowMs: settings.window ?? base.windowMs,
    minRequests: settings.minRequests ?? base.minRequests,
    failureRatio: settings.failureRatio ?? base.failureRatio,
    openMs: settings.open ?? base.openMs,
    halfOpenRequests: settings.halfOpenRequests ?? base.halfOpenRequests,
  };
}

import type { Clock, Interceptor, ParleyError } from "@parley/core";
import { abortOf, childSpan, deadlineExceeded, type IdSource, withContext } from "@parley/core/internal";
import { abortError } from "../grpc/abort-error.ts";
import { markOrigin } from "../grpc/error-origin.ts";
import type { MethodPlanLookup } from "./method-plan.ts";

export interface CallContextOptions {
  readonly target: string;
  readonly planOf: MethodPlanLookup;
  readonly caller: string | undefined;
  readonly clock: Clock;
  readonly ids: IdSource;
}

/**
 * Gives a call its own context: a new span, this service as the caller, and a deadline that is the lesser of the one it
 * came with and the policy's. A call whose time is over already is not made.
 *
 * No timer is armed here. Whatever waits further in (the queue, a retry, the connection) watches the deadline and the
 * signal itself, which spares the common call a timer, a controller and a race.
 */
export function deriveCallContext({ target, planOf, caller, clock, ids }: CallContextOptions): Interceptor {
  const refuse = (error: ParleyError): Promise<never> => {
    markOrigin(error, target);
    return Promise.reject(error);
  };
  return (next) => (call) => {
    const { context: parent, operation } = call;
    const nowMs = clock.now();
    const aborting = abortOf(parent);
    if (aborting.aborted) return refuse(abortError(aborting));
    const deadlineMs = Math.min(nowMs + planOf(operation).policy.timeoutMs, parent.deadlineMs);
    if (deadlineMs <= nowMs) return refuse(deadlineExceeded(operation.path));
    // What caused the work stays in this process: the callee has causes of its own.
    const context = withContext(parent, {
      trace: childSpan(parent.trace, ids),
      deadlineMs,
      caller,
      causationId: undefined,
    });
    return next({ ...call, context });
  };
}

import { type Clock, deadlineExceeded, deriveContext, type IdSource, type Interceptor } from "@parley/core";
import { abortError } from "../grpc/abort-error.ts";
import type { MethodPlanLookup } from "./method-plan.ts";

export interface CallContextOptions {
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
export function deriveCallContext({ planOf, caller, clock, ids }: CallContextOptions): Interceptor {
  return (next) => async (call) => {
    const { timeoutMs } = planOf(call.operation).policy;
    const context = { ...deriveContext({ parent: call.context, timeoutMs, clock, ids }), caller };
    if (context.signal.aborted) throw abortError(context.signal);
    if (context.deadlineMs <= clock.now()) throw deadlineExceeded(call.operation.path);
    return next({ ...call, context });
  };
}

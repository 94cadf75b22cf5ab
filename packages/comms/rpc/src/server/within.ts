import { type CallContext, currentContext, runWithContext } from "@parley/core";

/** Runs a step in a call's context; an interceptor may have changed it since the call came in. */
export function within<T>(context: CallContext, step: () => T): T {
  return currentContext() === context ? step() : runWithContext(context, step);
}

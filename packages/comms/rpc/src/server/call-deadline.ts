import type { Clock, Operation } from "@parley/core";

/**
 * When a call that arrives now must have ended. A unary call gets the lesser of its caller's timeout and the server's own. A
 * stream may be meant to live long, so there the caller's word counts, and the server's only if it gave none.
 */
export function callDeadlineMs(
  { kind }: Operation,
  callerTimeoutMs: number | undefined,
  { clock, timeoutMs }: { readonly clock: Clock; readonly timeoutMs: number },
): number {
  if (callerTimeoutMs === undefined) return clock.now() + timeoutMs;
  return clock.now() + (kind === "unary" ? Math.min(callerTimeoutMs, timeoutMs) : callerTimeoutMs);
}

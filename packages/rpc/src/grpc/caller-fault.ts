/**
 * Failures that whoever makes a call has caused: what cannot be sent, and a producer of requests that threw. They say nothing of
 * the target, so they neither count for its breaker nor are tried again: the same call would fail the same way.
 */
import { isParleyError, ParleyError, toParleyError } from "@parley/core";

const faults = new WeakSet<Error>();

/** The error of a call that cannot be sent as it is; the server has seen nothing of it. */
export function cannotSend(
  code: "INVALID_ARGUMENT" | "RESOURCE_EXHAUSTED",
  message: string,
  options: { readonly cause?: unknown; readonly reason?: string } = {},
): ParleyError {
  const { cause, reason } = options;
  const details = reason === undefined ? [] : [{ type: "error_info" as const, reason, domain: "parley", metadata: {} }];
  return callerFault(new ParleyError(code, message, { cause, details, progress: "refused" }));
}

/** Notes that a failure is the caller's own. */
export function callerFault(thrown: unknown): ParleyError {
  const error = isParleyError(thrown) ? thrown : toParleyError(thrown);
  faults.add(error);
  return error;
}

export function isCallerFault(error: Error): boolean {
  return faults.has(error);
}

/**
 * Failures that whoever makes a call has caused: what cannot be sent, and a producer of requests that threw. They say nothing of
 * the target, so they neither count for its breaker nor are tried again: the same call would fail the same way.
 */
import { isParleyError, ParleyError, type ParleyErrorOptions, toParleyError } from "@parley/core";

const faults = new WeakSet<Error>();

/** The error of a call that cannot be sent as it is; the server has seen nothing of it. */
export function cannotSend(
  code: "INVALID_ARGUMENT" | "RESOURCE_EXHAUSTED",
  message: string,
  options: Pick<ParleyErrorOptions, "cause" | "details">,
): ParleyError {
  return callerFault(new ParleyError(code, message, { ...options, progress: "refused" }));
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

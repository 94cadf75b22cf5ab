import { isParleyError, ParleyError } from "./parley-error.ts";

/** Node's system error codes that mean the peer could not be reached. */
const UNREACHABLE = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EPIPE",
  "ETIMEDOUT",
]);

/**
 * The one funnel from anything thrown to a ParleyError. Total: it never throws, whatever it is given.
 *
 * - a ParleyError is returned as it is, also one that an AbortSignal carries as its reason;
 * - an `AbortError` is CANCELLED, a `TimeoutError` DEADLINE_EXCEEDED;
 * - a system error of an unreachable peer is UNAVAILABLE;
 * - everything else is INTERNAL with the message `internal error`: the original stays in `cause`, for the log alone.
 */
export function toParleyError(thrown: unknown): ParleyError {
  try {
    return known(thrown) ?? new ParleyError("INTERNAL", "internal error", { cause: thrown });
  } catch {
    // A getter or proxy that throws when it is looked at: there is nothing in it that could be logged either.
    return new ParleyError("INTERNAL", "internal error");
  }
}

function known(thrown: unknown): ParleyError | undefined {
  if (isParleyError(thrown)) return thrown;
  if (!(thrown instanceof Error)) return undefined;
  if (thrown.name === "AbortError") {
    return isParleyError(thrown.cause)
      ? thrown.cause
      : new ParleyError("CANCELLED", "the call was cancelled", { cause: thrown });
  }
  if (thrown.name === "TimeoutError") {
    return new ParleyError("DEADLINE_EXCEEDED", "the deadline passed", { cause: thrown });
  }
  const { code } = thrown as { code?: unknown };
  if (typeof code === "string" && UNREACHABLE.has(code)) {
    return new ParleyError("UNAVAILABLE", `cannot reach the peer: ${code}`, { cause: thrown });
  }
  return undefined;
}

import { JetStreamApiError } from "@nats-io/jetstream";
import { errors } from "@nats-io/transport-node";
import { type ErrorCode, isParleyError, ParleyError } from "@parley/core";

/** What JetStream says in an acknowledgement or an answer of its API. */
export interface BrokerFault {
  readonly code: number;
  readonly err_code?: number;
  readonly description?: string;
}

/**
 * Of the server's list: no memory or disk, limits of account and stream.
 * @see https://github.com/nats-io/nats-server/blob/main/server/errors.json
 */
const EXHAUSTED = new Set([10_002, 10_023, 10_028, 10_047, 10_077, 10_121, 10_122]);
const TOO_LARGE = new Set([10_054]);
/** Also text, because the store's own errors have one number for many reasons. */
const EXHAUSTED_TEXT = /maximum (bytes|messages)|insufficient|no space|resource/i;

export function codeOfFault({ code, err_code, description = "" }: BrokerFault): ErrorCode {
  if (TOO_LARGE.has(err_code ?? 0)) return "INVALID_ARGUMENT";
  if (EXHAUSTED.has(err_code ?? 0) || EXHAUSTED_TEXT.test(description)) return "RESOURCE_EXHAUSTED";
  if (code === 503 || code === 408 || code === 500) return "UNAVAILABLE";
  if (code === 403 || code === 401) return "PERMISSION_DENIED";
  return code === 404 ? "NOT_FOUND" : "FAILED_PRECONDITION";
}

/** The one way from what the client throws to a ParleyError; `doing` says what was tried. */
export function toNatsError(thrown: unknown, doing: string): ParleyError {
  if (isParleyError(thrown)) return thrown;
  const options = { cause: thrown };
  if (thrown instanceof JetStreamApiError) {
    const fault = thrown.apiError();
    return new ParleyError(codeOfFault(fault), `${doing}: NATS answers "${fault.description}"`, options);
  }
  const reason = thrown instanceof Error ? thrown.message : String(thrown);
  return new ParleyError(codeOfClientError(thrown), `${doing}: ${reason}`, options);
}

function codeOfClientError(thrown: unknown): ErrorCode {
  if (thrown instanceof errors.TimeoutError) return "DEADLINE_EXCEEDED";
  if (thrown instanceof errors.AuthorizationError || thrown instanceof errors.PermissionViolationError) {
    return "PERMISSION_DENIED";
  }
  if (thrown instanceof errors.InvalidArgumentError || thrown instanceof errors.InvalidSubjectError) {
    return "INVALID_ARGUMENT";
  }
  return "UNAVAILABLE";
}

export function isNotFound(thrown: unknown): boolean {
  return thrown instanceof JetStreamApiError && thrown.apiError().code === 404;
}

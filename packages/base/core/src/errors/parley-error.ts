import { CODES, type ErrorCode, isCode } from "./code.ts";
import type { ErrorDetail, FieldViolation } from "./details.ts";

const brand: unique symbol = Symbol.for("parley.error") as never;

/** What an error may carry beside its code and message. */
export interface ParleyErrorOptions {
  /** Typed details; they travel with the error. Default none. */
  readonly details?: readonly ErrorDetail[];
  /** What led to this error. It is logged and never sent on the wire. */
  readonly cause?: unknown;
  /**
   * Whether the server had begun to act on the call. `"refused"` (it had not) makes any call safe to retry.
   * Default `"unknown"`.
   */
  readonly progress?: "unknown" | "refused";
}

/**
 * The one error of Parley: a canonical code, a message that may be shown to the caller, and typed details.
 *
 * Throw one from a handler to answer with exactly this; anything else a handler throws becomes INTERNAL with a message
 * that gives nothing away.
 */
export class ParleyError extends Error {
  override readonly name = "ParleyError";
  readonly [brand] = true;
  readonly code: ErrorCode;
  readonly details: readonly ErrorDetail[];
  readonly progress: "unknown" | "refused";

  constructor(code: ErrorCode, message: string, options: ParleyErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.details = options.details ?? [];
    this.progress = options.progress ?? "unknown";
  }

  /** The HTTP status this error has at the edge. */
  get httpStatus(): number {
    return CODES[this.code].http;
  }

  /** The first detail of a type, if the error carries one. */
  detail<T extends ErrorDetail["type"]>(type: T): Extract<ErrorDetail, { type: T }> | undefined {
    return this.details.find((detail): detail is Extract<ErrorDetail, { type: T }> => detail.type === type);
  }
}

/** True for a ParleyError of any copy of this package; false for any other object, whatever fields it has. */
export function isParleyError(value: unknown): value is ParleyError {
  return value instanceof Error && brand in value && isCode((value as { code?: unknown }).code);
}

/** NOT_FOUND, with the message `<thing> not found`. */
export function notFound(thing: string, options?: ParleyErrorOptions): ParleyError {
  return new ParleyError("NOT_FOUND", `${thing} not found`, options);
}

/** INVALID_ARGUMENT for one or more fields; the message joins what is wrong with each. */
export function invalidArgument(violations: FieldViolation | readonly FieldViolation[]): ParleyError {
  const list = Array.isArray(violations) ? (violations as readonly FieldViolation[]) : [violations as FieldViolation];
  return new ParleyError("INVALID_ARGUMENT", describeViolations(list), {
    details: [{ type: "bad_request", violations: list }],
  });
}

/** One sentence for a list of violations: `email is required; items[0].price must not be negative`. */
export function describeViolations(violations: readonly FieldViolation[]): string {
  return violations.map(({ field, description }) => (field ? `${field} ${description}` : description)).join("; ");
}

/** ALREADY_EXISTS: a unique key is taken. */
export function alreadyExists(message: string, options?: ParleyErrorOptions): ParleyError {
  return new ParleyError("ALREADY_EXISTS", message, options);
}

/** FAILED_PRECONDITION: a rule of the business forbids this now. */
export function failedPrecondition(message: string, options?: ParleyErrorOptions): ParleyError {
  return new ParleyError("FAILED_PRECONDITION", message, options);
}

/** UNAUTHENTICATED: no identity, or one that does not hold. */
export function unauthenticated(message: string, options?: ParleyErrorOptions): ParleyError {
  return new ParleyError("UNAUTHENTICATED", message, options);
}

/** PERMISSION_DENIED: a known caller that may not do this. */
export function permissionDenied(message: string, options?: ParleyErrorOptions): ParleyError {
  return new ParleyError("PERMISSION_DENIED", message, options);
}

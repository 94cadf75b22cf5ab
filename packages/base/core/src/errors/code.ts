/**
 * The seventeen canonical status codes of gRPC, and what each means at every door.
 *
 * @see https://grpc.io/docs/guides/status-codes/ for the codes,
 * https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto for the HTTP mapping.
 */

/**
 * What a caller may do after a failure with a code:
 * - `"never"`: the same call fails again; do not retry.
 * - `"safe"`: the server did not act on the call; any call may be retried.
 * - `"idempotent"`: the server may have acted; only an idempotent call may be retried.
 */
export type RetryMeaning = "never" | "safe" | "idempotent";

/** What one canonical code is called and how it maps. */
export interface CodeInfo {
  /** The number on the gRPC wire (`grpc-status`). */
  readonly grpc: number;
  /** The HTTP status at the gateway. */
  readonly http: number;
  /** Whether a failure with this code may be retried. */
  readonly retry: RetryMeaning;
  /** The stable name an application shows its users, for example `VALIDATION_ERROR`. */
  readonly application: string;
  /** What went wrong, for a person. */
  readonly cause: string;
  /** What to do about it. */
  readonly remedy: string;
}

/**
 * The catalogue. FAILED_PRECONDITION is 422 here, not 400: it says that a well-formed request broke a rule of the
 * business, which clients handle apart from bad input. ABORTED shares 409 with ALREADY_EXISTS.
 */
export const CODES = {
  OK: { grpc: 0, http: 200, retry: "never", application: "OK", cause: "The call succeeded.", remedy: "Nothing to do." },
  CANCELLED: {
    grpc: 1,
    http: 499,
    retry: "never",
    application: "CANCELLED",
    cause: "The caller went away or cancelled the call.",
    remedy: "Nothing to do, unless the caller should have waited.",
  },
  UNKNOWN: {
    grpc: 2,
    http: 500,
    retry: "never",
    application: "UNKNOWN",
    cause: "A peer answered with a failure that carries no known code.",
    remedy: "Look at the log of the service that answered.",
  },
  INVALID_ARGUMENT: {
    grpc: 3,
    http: 400,
    retry: "never",
    application: "VALIDATION_ERROR",
    cause: "The request breaks a rule of the contract.",
    remedy: "Correct the fields named in the details.",
  },
  DEADLINE_EXCEEDED: {
    grpc: 4,
    http: 504,
    retry: "never",
    application: "DEADLINE_EXCEEDED",
    cause: "The call did not finish within its deadline.",
    remedy: "Find the slow step in the trace, or give the method a longer timeout in the policy file.",
  },
  NOT_FOUND: {
    grpc: 5,
    http: 404,
    retry: "never",
    application: "NOT_FOUND",
    cause: "The thing asked for does not exist.",
    remedy: "Check the identifier.",
  },
  ALREADY_EXISTS: {
    grpc: 6,
    http: 409,
    retry: "never",
    application: "ALREADY_EXISTS",
    cause: "The thing to create exists already.",
    remedy: "Read the existing one, or choose another key.",
  },
  PERMISSION_DENIED: {
    grpc: 7,
    http: 403,
    retry: "never",
    application: "FORBIDDEN",
    cause: "The caller is known but may not do this.",
    remedy: "Ask for access, or use another identity.",
  },
  RESOURCE_EXHAUSTED: {
    grpc: 8,
    http: 429,
    retry: "never",
    application: "RESOURCE_EXHAUSTED",
    cause: "A limit (rate, quota, message size) was reached.",
    remedy: "Wait as long as the retry info says, or send less.",
  },
  FAILED_PRECONDITION: {
    grpc: 9,
    http: 422,
    retry: "never",
    application: "FAILED_PRECONDITION",
    cause: "A rule of the business forbids this in the present state.",
    remedy: "Change the state first; a retry of the same call fails again.",
  },
  ABORTED: {
    grpc: 10,
    http: 409,
    retry: "never",
    application: "CONFLICT",
    cause: "A concurrent change won.",
    remedy: "Read the present state and repeat the whole operation.",
  },
  OUT_OF_RANGE: {
    grpc: 11,
    http: 400,
    retry: "never",
    application: "OUT_OF_RANGE",
    cause: "The request points past the valid range.",
    remedy: "Stay within the range named in the message.",
  },
  UNIMPLEMENTED: {
    grpc: 12,
    http: 501,
    retry: "never",
    application: "UNIMPLEMENTED",
    cause: "The service has no such method.",
    remedy: "Compare the contract that the caller was built with and the one that is deployed.",
  },
  INTERNAL: {
    grpc: 13,
    http: 500,
    retry: "never",
    application: "INTERNAL",
    cause: "The service has a defect or broke its own contract.",
    remedy: "Look at the service's log for the request id.",
  },
  UNAVAILABLE: {
    grpc: 14,
    http: 503,
    retry: "idempotent",
    application: "UNAVAILABLE",
    cause: "The service cannot be reached or refuses work for now.",
    remedy: "Retry with backoff; check that the service runs and that its address is right.",
  },
  DATA_LOSS: {
    grpc: 15,
    http: 500,
    retry: "never",
    application: "DATA_LOSS",
    cause: "Stored data is lost or corrupt.",
    remedy: "Restore from a backup.",
  },
  UNAUTHENTICATED: {
    grpc: 16,
    http: 401,
    retry: "never",
    application: "UNAUTHORIZED",
    cause: "The caller gave no identity, or one that does not hold.",
    remedy: "Send a valid token.",
  },
} as const satisfies Record<string, CodeInfo>;

/** One of the seventeen canonical codes. The set is closed: domain errors travel as typed details. */
export type Code = keyof typeof CODES;

/** A code other than OK. */
export type ErrorCode = Exclude<Code, "OK">;

const codesByNumber = new Map<number, Code>(Object.entries(CODES).map(([code, info]) => [info.grpc, code as Code]));

/** The code of a `grpc-status` number; an unknown number is UNKNOWN, as the gRPC specification asks. */
export function codeFromNumber(grpc: number): Code {
  return codesByNumber.get(grpc) ?? "UNKNOWN";
}

/** True for the name of one of the seventeen codes. */
export function isCode(value: unknown): value is Code {
  return typeof value === "string" && Object.hasOwn(CODES, value);
}

import { CODES, type ErrorCode, type FieldViolation, type ParleyError, toParleyError } from "@parley/core";
import { describeViolations } from "@parley/core/internal";
import { publicMessageOf, type SizeFault, sizeFaultOf, VIOLATIONS_LEFT_OUT } from "@parley/rpc/internal";
import { EdgeError } from "@parley/wire/internal/http1";

/** A failure as the client sees it. */
export interface Problem {
  readonly status: number;
  /** `NOT_FOUND`, `VALIDATION_ERROR`, …: stable, for programs. */
  readonly code: string;
  readonly message: string;
  /** Field paths in the names of this edge. */
  readonly violations: readonly FieldViolation[];
  readonly headers: Readonly<Record<string, string>>;
}

/** What a client hears instead of the message, where that is meant for the operators of the system. */
const GENERIC: Partial<Record<ErrorCode, string>> = {
  INTERNAL: "internal error",
  UNKNOWN: "internal error",
  DATA_LOSS: "internal error",
  UNAVAILABLE: "service unavailable",
  DEADLINE_EXCEEDED: "the request took too long",
};

/** What was too large for the next hop, as the client sees it. Its own content is not a matter of how often it asks (429). */
const TOO_LARGE: Readonly<Record<SizeFault, Pick<Problem, "status" | "code" | "message">>> = {
  REQUEST_TOO_LARGE: {
    status: 413,
    code: "PAYLOAD_TOO_LARGE",
    message: "the request is larger than the service accepts",
  },
  HEADERS_TOO_LARGE: {
    status: 431,
    code: "HEADERS_TOO_LARGE",
    message: "the headers are larger than the service accepts",
  },
  RESPONSE_TOO_LARGE: { status: 500, code: "INTERNAL", message: "internal error" },
};

/** How problems are written: `{"error": "<message>"}`, or with a code and details. */
export type ErrorStyle = "message" | "detailed";

export const JSON_TYPE = "application/json; charset=utf-8";

/** The problem of anything thrown. `fieldName` names the fields of violations as the client knows them. */
export function toProblem(thrown: unknown, fieldName?: (path: string) => string): Problem {
  if (thrown instanceof EdgeError) {
    const { status, code, message, headers } = thrown;
    return { status, code, message, violations: [], headers };
  }
  const error = toParleyError(thrown);
  const tooLarge = sizeFaultOf(error);
  if (tooLarge !== undefined) return { ...TOO_LARGE[tooLarge], violations: [], headers: {} };
  const violations = (error.detail("bad_request")?.violations ?? []).map((violation) =>
    fieldName ? { ...violation, field: fieldName(violation.field) } : violation,
  );
  return {
    status: error.httpStatus,
    code: CODES[error.code].application,
    message: GENERIC[error.code] ?? (violations.length > 0 ? describeViolations(violations) : publicMessageOf(error)),
    violations,
    headers: retryAfter(error),
  };
}

/** The body of a problem in the style of this edge. */
export function renderProblem({ code, message, violations }: Problem, style: ErrorStyle): string {
  if (style === "message") return JSON.stringify({ error: message });
  const details = violations
    .filter(({ field }) => field !== "") // what is wrong with the request as a whole is the message itself
    .map(({ field, description }) => ({ field, message: description }));
  const note = violations.find(({ reason }) => reason === VIOLATIONS_LEFT_OUT)?.description;
  const title = note === undefined ? "Invalid request data" : `Invalid request data; ${note}`;
  return JSON.stringify({
    error: details.length > 0 ? { code, message: title, details } : { code, message },
  });
}

/** RFC 9110 section 10.2.3: whole seconds, rounded up so that nobody comes too early. */
function retryAfter(error: ParleyError): Readonly<Record<string, string>> {
  const afterMs = error.detail("retry_info")?.retryAfterMs;
  return afterMs === undefined ? {} : { "retry-after": String(Math.ceil(afterMs / 1_000)) };
}

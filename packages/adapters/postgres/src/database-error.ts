import { type ErrorCode, type ErrorInfoDetail, isParleyError, ParleyError } from "@parley/core";

/** What an error of PostgreSQL means to a caller. Messages never repeat SQL or values: those stay in the cause. */
interface Meaning {
  readonly code: ErrorCode;
  /** UPPER_SNAKE_CASE, the reason of the error's `error_info`. */
  readonly reason: string;
  readonly message: string;
}

const UNREACHABLE: Meaning = {
  code: "UNAVAILABLE",
  reason: "DATABASE_UNAVAILABLE",
  message: "the database cannot be reached",
};
const CONFLICT: Meaning = {
  code: "ABORTED",
  reason: "CONCURRENT_CHANGE",
  message: "a concurrent change won; try again",
};
const DUPLICATE: Meaning = {
  code: "ALREADY_EXISTS",
  reason: "UNIQUE_VIOLATION",
  message: "the same key exists already",
};
const REFERENCED: Meaning = {
  code: "FAILED_PRECONDITION",
  reason: "FOREIGN_KEY_VIOLATION",
  message: "a reference to another row does not hold",
};
const UNFIT: Meaning = {
  code: "INVALID_ARGUMENT",
  reason: "VALUE_NOT_STORABLE",
  message: "a value does not fit where it is to be stored",
};
/** The server's own limit, set beside ours as a net, has the code of a cancel and differs in the text alone. */
const STATEMENT_TIMEOUT: Meaning = {
  code: "DEADLINE_EXCEEDED",
  reason: "STATEMENT_TIMEOUT",
  message: "the statement took too long",
};
/** Of a prepared statement: what it reads was altered, or its session is another one than ours. A new connection mends both. */
const STALE_STATEMENT: Meaning = {
  code: "UNAVAILABLE",
  reason: "STALE_STATEMENT",
  message: "the database has changed under a prepared statement; try again",
};
/** Reason of errors for want of space or memory: the session is as good as before. */
export const DATABASE_FULL = "DATABASE_FULL";
/** The server's want, not the caller's: RESOURCE_EXHAUSTED would tell a client (429) that it asks too often. */
const FULL: Meaning = { code: "UNAVAILABLE", reason: DATABASE_FULL, message: "the database is out of space" };
/** Its files cannot be read or written; an embedded database ends like that when its disk is full while it writes its log. */
const BROKEN_FILES: Meaning = { ...UNREACHABLE, message: "the database cannot use its files" };

/**
 * By SQLSTATE.
 * @see https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const MEANINGS: Readonly<Record<string, Meaning>> = {
  "22001": UNFIT, // string too long
  "22003": UNFIT, // number out of range
  "22007": UNFIT, // not a date
  "22008": UNFIT, // date out of range
  "22021": UNFIT, // not a character, U+0000 among them
  "22P02": UNFIT, // not the text of its type
  "22P05": UNFIT, // a character without equivalent
  "23001": REFERENCED,
  "23503": REFERENCED,
  "23505": DUPLICATE,
  "23P01": { ...DUPLICATE, reason: "EXCLUSION_VIOLATION", message: "it conflicts with what exists already" },
  "23514": {
    code: "FAILED_PRECONDITION",
    reason: "CHECK_VIOLATION",
    message: "a rule of the stored data does not hold",
  },
  "25006": { ...UNREACHABLE, message: "the database takes no writes now" }, // a standby, during a failover
  "25P03": { code: "DEADLINE_EXCEEDED", reason: "TRANSACTION_TOO_LONG", message: "the transaction was open too long" },
  "26000": STALE_STATEMENT, // no prepared statement of that name
  "40001": CONFLICT,
  "40P01": CONFLICT,
  "53100": FULL,
  "53200": { ...FULL, message: "the database is out of memory" },
  "53300": { ...UNREACHABLE, reason: "TOO_MANY_CONNECTIONS", message: "the database takes no more connections" },
  "54000": UNFIT, // a row too large for its index, an array too large
  "55P03": CONFLICT, // lock not available
  "57014": { code: "CANCELLED", reason: "STATEMENT_CANCELLED", message: "the statement was cancelled" },
};

/**
 * SQLSTATE classes in which every code is one meaning: 08 connection, 53 resources, 57P operator intervention,
 * 58 system error.
 */
const CLASSES: readonly (readonly [prefix: string, meaning: Meaning])[] = [
  ["08", UNREACHABLE],
  ["57P", UNREACHABLE],
  ["53", { ...FULL, message: "the database is out of resources" }],
  ["58", BROKEN_FILES],
];

/** The system's words for no more room, to which the server gives no code of their own: a quota that is used up, a file at its limit. */
const NO_ROOM = /(no space left on device|disk quota exceeded|file too large)$/i;

/** What drivers call a lost connection, in errors that have no SQLSTATE. */
const LOST = /connection (terminated|error|ended)|client was closed|timeout expired|not queryable|timeout exceeded/i;

const INTERNAL: Meaning = { code: "INTERNAL", reason: "DATABASE_ERROR", message: "internal error" };

/** The domain of the `error_info` that every error of the database carries. */
export const DATABASE_ERROR_DOMAIN = "postgresql.org";

/** What the server would say of a value that its text cannot hold, said before it is sent. The cause, for the log, names the value's place. */
export function unfitValue(cause: Error): ParleyError {
  const { code, message, reason } = UNFIT;
  const metadata = { sqlstate: "22021" };
  return new ParleyError(code, message, {
    cause,
    details: [{ type: "error_info", reason, domain: DATABASE_ERROR_DOMAIN, metadata }],
  });
}

/**
 * The funnel from what a driver throws. Its `error_info` has the domain {@link DATABASE_ERROR_DOMAIN} and the metadata
 * `sqlstate`, `constraint` and `table`, as far as the server names them.
 */
export function toDatabaseError(thrown: unknown): ParleyError {
  if (isParleyError(thrown)) return thrown;
  const { code: state, message = "", constraint, table } = describeThrown(thrown);
  const meaning = meaningOf(state, message);
  const metadata: Record<string, string> = {};
  if (state) metadata.sqlstate = state;
  if (constraint) metadata.constraint = constraint;
  if (table) metadata.table = table;
  const info: ErrorInfoDetail = {
    type: "error_info",
    reason: meaning.reason,
    domain: DATABASE_ERROR_DOMAIN,
    metadata,
  };
  // What an INTERNAL error is about is for the log alone.
  const details = meaning === INTERNAL ? [] : [info];
  return new ParleyError(meaning.code, meaning.message, { cause: thrown, details });
}

/**
 * The name of the constraint that a statement broke, to tell one ALREADY_EXISTS or FAILED_PRECONDITION from another.
 * Undefined for any other error.
 */
export function violatedConstraint(error: unknown): string | undefined {
  const info = isParleyError(error) ? error.detail("error_info") : undefined;
  return info?.domain === DATABASE_ERROR_DOMAIN ? info.metadata.constraint : undefined;
}

/** Why a signal aborted, as an error for the caller whose work it ended. */
export function abortError(signal: AbortSignal): ParleyError {
  const reason: unknown = signal.reason;
  if (isParleyError(reason)) return reason;
  const timedOut = reason instanceof Error && reason.name === "TimeoutError";
  return timedOut
    ? new ParleyError("DEADLINE_EXCEEDED", "the deadline passed", { cause: reason })
    : new ParleyError("CANCELLED", "the call was cancelled", { cause: reason });
}

function meaningOf(code: string | undefined, message: string): Meaning {
  if (code !== undefined && /^[0-9A-Z]{5}$/.test(code)) {
    if (code === "0A000" && message.startsWith("cached plan")) return STALE_STATEMENT;
    if (code === "57014" && message.includes("statement timeout")) return STATEMENT_TIMEOUT;
    if ((code === "XX000" || code === "58030") && NO_ROOM.test(message)) return FULL;
    return MEANINGS[code] ?? CLASSES.find(([prefix]) => code.startsWith(prefix))?.[1] ?? INTERNAL;
  }
  // The system's errors, as ECONNREFUSED and EAI_AGAIN; not Node's own, as ERR_TLS_CERT_ALTNAME_INVALID.
  const system = code !== undefined && /^E(?!RR_)[A-Z_]+$/.test(code);
  return system || LOST.test(message) ? UNREACHABLE : INTERNAL;
}

interface Described {
  readonly code?: string;
  readonly message?: string;
  readonly constraint?: string;
  readonly table?: string;
}

function describeThrown(thrown: unknown): Described {
  return thrown instanceof Error ? (thrown as Described) : {};
}

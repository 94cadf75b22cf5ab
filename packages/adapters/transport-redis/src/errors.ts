import { type ErrorCode, isParleyError, ParleyError, toParleyError } from "@parley/core";

/** What the first word of an error reply means. @see https://redis.io/docs/latest/develop/reference/protocol-spec/#simple-errors */
const CODES_BY_WORD: Readonly<Record<string, ErrorCode>> = {
  OOM: "RESOURCE_EXHAUSTED",
  MISCONF: "RESOURCE_EXHAUSTED",
  NOAUTH: "PERMISSION_DENIED",
  NOPERM: "PERMISSION_DENIED",
  WRONGPASS: "PERMISSION_DENIED",
  WRONGTYPE: "FAILED_PRECONDITION",
  MOVED: "FAILED_PRECONDITION",
  ERR: "FAILED_PRECONDITION",
};

/** What to do, where the reply does not say it. */
const REMEDIES: Readonly<Record<string, string>> = {
  OOM: "; the server is at its maxmemory: give it more, or let groups catch up so that streams can be trimmed",
  MOVED: "; a cluster is not supported: streams need one primary",
  WRONGTYPE: "; a key with the name of the topic is there and is no stream",
};

/** Names a failure of the client library: what was done, and the server's own words. */
export function toRedisError(thrown: unknown, doing: string): ParleyError {
  if (isParleyError(thrown)) return thrown;
  const known = toParleyError(thrown);
  if (known.code !== "INTERNAL") {
    return new ParleyError(known.code, `Redis: ${doing}: ${known.message}`, { cause: thrown });
  }
  const message = thrown instanceof Error ? thrown.message || thrown.name : String(thrown);
  const word = firstWord(thrown);
  const code = CODES_BY_WORD[word] ?? "UNAVAILABLE";
  return new ParleyError(code, `Redis: ${doing}: ${message}${REMEDIES[word] ?? ""}`, { cause: thrown });
}

/** `NOGROUP` of `NOGROUP No such key …`; empty if it is no reply of the server. */
export function firstWord(thrown: unknown): string {
  if (!(thrown instanceof Error)) return "";
  return /^([A-Z]+)\b/.exec(thrown.message)?.[1] ?? "";
}

/** The wait for the server was ended by its limit or by the caller. */
export function waitedTooLong(doing: string, cause: unknown): ParleyError {
  return new ParleyError("DEADLINE_EXCEEDED", `Redis: ${doing} did not end in time`, { cause });
}

import { type ErrorDetail, isCode, ParleyError, toParleyError } from "@parley/core";

/** Marks a reply whose body is an error; no CloudEvents attribute, since it is no event. */
export const ERROR_REPLY_HEADER = "parley-error";

/** For adapters: an error as JSON: code, message, and the details that are plain values. */
export function encodeErrorReply(thrown: unknown): Buffer {
  const { code, message, details } = toParleyError(thrown);
  return Buffer.from(JSON.stringify({ code, message, details: details.filter(({ type }) => type !== "opaque") }));
}

export function decodeErrorReply(body: Uint8Array): ParleyError {
  try {
    const { code, message, details } = JSON.parse(Buffer.from(body).toString("utf8")) as Record<string, unknown>;
    if (isCode(code) && code !== "OK" && typeof message === "string") {
      return new ParleyError(code, message, { details: Array.isArray(details) ? (details as ErrorDetail[]) : [] });
    }
  } catch {
    // Said below: whoever answered does not speak as we do.
  }
  return new ParleyError("INTERNAL", "the answer is an error that cannot be read");
}

/**
 * How a call ended, in headers: `grpc-status`, `grpc-message` (percent-encoded UTF-8) and `grpc-status-details-bin`.
 * @see https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md (Responses)
 */
import { CODES, type ErrorDetail, ParleyError } from "@parley/core";
import { codeFromNumber, isFieldText } from "@parley/core/internal";
import type { HeaderList } from "@parley/wire/internal/http2";
import { cutText } from "./cut-text.ts";
import { ERROR_ORIGIN, markRelayed, originOf } from "./error-origin.ts";
import { headerOf } from "./header-list.ts";
import { decodeBinary, encodeBinary } from "./metadata-headers.ts";
import { publicMessageOf } from "./public-message.ts";
import { decodeStatusDetails, encodeStatusDetails } from "./status-details.ts";

export const STATUS_OK: HeaderList = ["grpc-status", "0"];

/**
 * Peers commonly accept 8 KiB of headers in all; a status over that would cost the caller even the code. As bytes of the wire: a
 * character that is percent-encoded takes up to twelve.
 */
const MAX_MESSAGE_BYTES = 2_000;
const MAX_DETAILS_BYTES = 4_096;

/** What the status of a call takes beside message and details: names, the code, and 32 bytes for each field. */
const OTHER_BYTES = 256;

/**
 * The status of an error as trailers. What does not fit is left out, and the message says so.
 * @param maxBytes of all of it; a peer may take less than most do.
 */
export function encodeStatus(error: ParleyError, maxBytes = Number.POSITIVE_INFINITY): string[] {
  const roomBytes = Math.max(0, maxBytes - OTHER_BYTES);
  const message = cutText(publicMessageOf(error), Math.min(MAX_MESSAGE_BYTES, roomBytes / 3), encodedBytes);
  const headers = ["grpc-status", String(CODES[error.code].grpc)];
  let note = "";
  let details: Uint8Array | undefined;
  if (error.details.length > 0) {
    // Base64 makes four bytes of three.
    const fitted = encodeStatusDetails(error, message, Math.min(MAX_DETAILS_BYTES, roomBytes / 2));
    details = fitted.bytes;
    if (fitted.leftOut > 0)
      note = ` (${fitted.leftOut} of ${error.details.length} details did not fit, or not as a whole)`;
  }
  if (message || note) headers.push("grpc-message", encodeMessage(message + note));
  if (details) headers.push("grpc-status-details-bin", encodeBinary(details));
  const origin = originOf(error);
  if (origin !== undefined) headers.push(ERROR_ORIGIN, encodeMessage(origin));
  return headers;
}

/** The error that the trailers tell; undefined for OK. */
export function decodeStatus(trailers: HeaderList): ParleyError | undefined {
  const status = headerOf(trailers, "grpc-status");
  if (status === "0") return undefined;
  if (status === undefined) return new ParleyError("UNKNOWN", "the server ended the call without a grpc-status");
  const code = codeFromNumber(/^\d+$/.test(status) ? Number(status) : -1);
  const message = decodeMessage(headerOf(trailers, "grpc-message") ?? "");
  if (code === "OK") return undefined; // written as 00
  const error = new ParleyError(code, message, { details: detailsOf(trailers) });
  const origin = headerOf(trailers, ERROR_ORIGIN);
  if (origin) markRelayed(error, decodeMessage(origin));
  return error;
}

/** Of a message on the wire. */
function encodedBytes(text: string): number {
  return encodeMessage(text).length;
}

function detailsOf(trailers: HeaderList): ErrorDetail[] {
  const header = headerOf(trailers, "grpc-status-details-bin");
  const bytes = header === undefined ? undefined : decodeBinary(header);
  return bytes ? decodeStatusDetails(bytes) : [];
}

/** Percent-encodes everything but printable ASCII, the percent sign itself, and a blank at either end, which no header may have. */
export function encodeMessage(message: string): string {
  if (!message.includes("%") && isFieldText(message)) return message;
  const bytes = Buffer.from(message, "utf8");
  let text = "";
  for (const [at, byte] of bytes.entries()) {
    const isOuterBlank = byte === 0x20 && (at === 0 || at === bytes.length - 1);
    const plain = byte >= 0x20 && byte <= 0x7e && byte !== 0x25 && !isOuterBlank;
    text += plain ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return text;
}

/** Total, as the specification asks: what is wrongly encoded stays as it is. */
export function decodeMessage(text: string): string {
  if (!text.includes("%")) return text;
  const bytes = text.replace(/%([0-9A-Fa-f]{2})/g, (_match, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return Buffer.from(bytes, "latin1").toString("utf8");
}

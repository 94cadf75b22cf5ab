/**
 * What failures below gRPC mean: an HTTP status without a grpc-status (a proxy answered), or a stream that broke off.
 * @see https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md
 * @see https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md (HTTP2 Transport Mapping, Errors)
 */
import { type ErrorCode, ParleyError } from "@parley/core";
import { HTTP2_CODES, type StreamReset } from "../http2/http2.ts";

const BY_HTTP_STATUS: Readonly<Record<string, ErrorCode>> = {
  "400": "INTERNAL",
  "401": "UNAUTHENTICATED",
  "403": "PERMISSION_DENIED",
  "404": "UNIMPLEMENTED",
  "429": "UNAVAILABLE",
  "502": "UNAVAILABLE",
  "503": "UNAVAILABLE",
  "504": "UNAVAILABLE",
};

export function errorFromHttpStatus(status: string, peer: string): ParleyError {
  const code = BY_HTTP_STATUS[status] ?? "UNKNOWN";
  return new ParleyError(code, `${peer} answered with HTTP status ${status} and no grpc-status`);
}

const BY_HTTP2_CODE: Readonly<Record<number, ErrorCode>> = {
  [HTTP2_CODES.STREAM_CLOSED]: "UNKNOWN",
  [HTTP2_CODES.REFUSED_STREAM]: "UNAVAILABLE",
  [HTTP2_CODES.CANCEL]: "CANCELLED",
  [HTTP2_CODES.ENHANCE_YOUR_CALM]: "RESOURCE_EXHAUSTED",
  [HTTP2_CODES.INADEQUATE_SECURITY]: "PERMISSION_DENIED",
};

const NAMES = new Map(Object.entries(HTTP2_CODES).map(([name, code]) => [code as number, name]));

/** The error of a call whose stream was reset beneath it. */
export function errorFromReset(reset: StreamReset, peer: string): ParleyError {
  if (reset.by === "connection") {
    return new ParleyError("UNAVAILABLE", `the connection to ${peer} was lost: ${reset.reason}`);
  }
  if (reset.by === "fault") return new ParleyError("INTERNAL", `${peer} broke the rules of HTTP/2: ${reset.reason}`);
  const code = BY_HTTP2_CODE[reset.code] ?? "INTERNAL";
  const message = `${peer} reset the stream: ${NAMES.get(reset.code) ?? reset.code}`;
  // Only this code promises that nothing of the request was acted on (RFC 9113, section 8.7).
  return new ParleyError(code, message, {
    progress: reset.code === HTTP2_CODES.REFUSED_STREAM ? "refused" : "unknown",
  });
}

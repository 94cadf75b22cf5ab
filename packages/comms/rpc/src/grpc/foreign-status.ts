/**
 * What failures below gRPC mean: an HTTP status without a grpc-status (a proxy answered), or a stream that broke off.
 * @see https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md
 * @see https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md (HTTP2 Transport Mapping, Errors)
 */
import { type ErrorCode, ParleyError } from "@parley/core";
import { HTTP2_CODES, type StreamReset } from "@parley/wire/internal/http2";
import { callerFault } from "./caller-fault.ts";
import { setPublicMessage } from "./public-message.ts";
import { type SizeFault, setSizeFault, sizeDetail } from "./size-fault.ts";

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
  const fault = TOO_LARGE[status];
  const what = `answered with HTTP status ${status} and no grpc-status`;
  const error = setPublicMessage(new ParleyError(code, `${peer} ${what}`), `the service ${what}`);
  // UNKNOWN, as gRPC's list has it, would speak against the server: this request was too large for it.
  return fault === undefined ? error : callerFault(setSizeFault(error, fault));
}

const TOO_LARGE: Readonly<Record<string, SizeFault>> = { "413": "REQUEST_TOO_LARGE", "431": "HEADERS_TOO_LARGE" };

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
  if (reset.by === "fault") return errorFromFault(reset, peer);
  const code = BY_HTTP2_CODE[reset.code] ?? "INTERNAL";
  const what = `reset the stream: ${NAMES.get(reset.code) ?? reset.code}`;
  // Only this code promises that nothing of the request was acted on (RFC 9113, section 8.7).
  const progress = reset.code === HTTP2_CODES.REFUSED_STREAM ? "refused" : "unknown";
  return setPublicMessage(new ParleyError(code, `${peer} ${what}`, { progress }), `the service ${what}`);
}

/** We reset the stream. Headers over our limit are what one call led to: they do not speak against the server. */
function errorFromFault(reset: Extract<StreamReset, { by: "fault" }>, peer: string): ParleyError {
  if (reset.code !== HTTP2_CODES.ENHANCE_YOUR_CALM) {
    return new ParleyError("INTERNAL", `${peer} broke the rules of HTTP/2: ${reset.reason}`);
  }
  const what = "answered with headers that are larger than this client accepts";
  const error = new ParleyError("RESOURCE_EXHAUSTED", `${peer} ${what}`, {
    details: [sizeDetail("RESPONSE_TOO_LARGE")],
  });
  return setPublicMessage(error, `the service ${what}`);
}

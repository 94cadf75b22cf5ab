/** The headers that gRPC itself puts on a request and a response. */
import { ParleyError } from "@parley/core";
import type { HeaderList } from "@parley/wire/internal/http2";
import { ACCEPTED_ENCODINGS, type Encoding, isEncoding } from "./compression.ts";
import { errorFromHttpStatus } from "./foreign-status.ts";
import { headerOf } from "./header-list.ts";

const CONTENT_TYPE = "application/grpc";
const USER_AGENT = "parley";

/** The part of a request's headers that is the same for every call to a method over a connection. */
export function requestHeaders(
  scheme: "http" | "https",
  authority: string,
  path: string,
  encoding: Encoding,
): string[] {
  const headers = [":method", "POST", ":scheme", scheme, ":authority", authority, ":path", path];
  headers.push("te", "trailers", "content-type", CONTENT_TYPE, "user-agent", USER_AGENT);
  headers.push("grpc-accept-encoding", ACCEPTED_ENCODINGS);
  if (encoding !== "identity") headers.push("grpc-encoding", encoding);
  return headers;
}

const RESPONSE: HeaderList = [
  ":status",
  "200",
  "content-type",
  CONTENT_TYPE,
  "grpc-accept-encoding",
  ACCEPTED_ENCODINGS,
];

/** The part of a response's headers that is the same for every call. */
export const RESPONSE_HEADERS: Readonly<Record<Encoding, HeaderList>> = {
  identity: RESPONSE,
  gzip: [...RESPONSE, "grpc-encoding", "gzip"],
};

/** The head of a response that has nothing but headers. */
export const TRAILERS_ONLY: HeaderList = [":status", "200", "content-type", CONTENT_TYPE];

/** The answer to a request that is not gRPC at all. */
export const UNSUPPORTED_MEDIA_TYPE: HeaderList = [":status", "415", "accept", CONTENT_TYPE];

/** `application/grpc`, or with the name of the codec that this is: `+proto`. */
export function isGrpcContentType(contentType: string | undefined): boolean {
  if (contentType === CONTENT_TYPE) return true; // as good as always
  const type = contentType?.split(";", 1)[0]?.trim().toLowerCase();
  return type === CONTENT_TYPE || type === "application/grpc+proto";
}

/** What the request's messages are packed with. @throws ParleyError UNIMPLEMENTED that lists what is supported. */
export function requestEncoding(name = "identity"): Encoding {
  if (isEncoding(name)) return name;
  throw new ParleyError("UNIMPLEMENTED", `grpc-encoding ${name} is not supported; use one of ${ACCEPTED_ENCODINGS}`);
}

/**
 * What the response's messages are packed with.
 * @throws ParleyError if the response is not one of gRPC: the peer, or something before it, does not speak it.
 */
export function responseEncoding(headers: HeaderList, peer: string): Encoding {
  const status = headerOf(headers, ":status") ?? "";
  const contentType = headerOf(headers, "content-type");
  if (status !== "200" || !isGrpcContentType(contentType)) {
    if (status !== "200") throw errorFromHttpStatus(status, peer);
    throw new ParleyError("UNKNOWN", `${peer} answered with content-type ${contentType ?? "none"}, which is not gRPC`);
  }
  const name = headerOf(headers, "grpc-encoding") ?? "identity";
  if (isEncoding(name)) return name;
  throw new ParleyError("INTERNAL", `${peer} answers with grpc-encoding ${name}, which was not offered`);
}

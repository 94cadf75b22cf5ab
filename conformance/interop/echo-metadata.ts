import type { HandlerContext } from "@parley/rpc";

/** What a server sends back in its headers, and in its trailers, if a client sent it. */
export const ECHO_INITIAL = "x-grpc-test-echo-initial";
export const ECHO_TRAILING = "x-grpc-test-echo-trailing-bin";

/** The server's part. */
export function echoMetadata({ header, responseHeader, responseTrailer }: HandlerContext): void {
  const initial = header.get(ECHO_INITIAL);
  if (initial !== undefined) responseHeader.set(ECHO_INITIAL, initial);
  const trailing = header.getBytes(ECHO_TRAILING);
  if (trailing !== undefined) responseTrailer.set(ECHO_TRAILING, trailing);
}

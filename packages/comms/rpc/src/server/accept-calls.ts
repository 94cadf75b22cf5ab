import { ParleyError, toParleyError } from "@parley/core";
import { deadlineExceeded } from "@parley/core/internal";
import { type AcceptStream, type HeaderList, HTTP2_CODES, type StreamSink } from "@parley/wire/internal/http2";
import { acceptsGzip, type Encoding } from "../grpc/compression.ts";
import { tenantOf } from "../grpc/context-headers.ts";
import { isGrpcContentType, requestEncoding, TRAILERS_ONLY, UNSUPPORTED_MEDIA_TYPE } from "../grpc/headers.ts";
import { applicationHeaders } from "../grpc/metadata-headers.ts";
import { RequestHead } from "../grpc/request-head.ts";
import { encodeStatus } from "../grpc/status.ts";
import { parseTimeoutMs } from "../grpc/timeout.ts";
import { callDeadlineMs } from "./call-deadline.ts";
import type { ExchangeServices, IncomingCall } from "./incoming-call.ts";
import type { Router } from "./router.ts";
import { StreamExchange } from "./stream-exchange.ts";
import { UnaryExchange } from "./unary-exchange.ts";

export interface AcceptOptions extends ExchangeServices {
  readonly router: Router;
  /** The server's own limit for a call. */
  readonly timeoutMs: number;
  readonly maxDecompressedBytes: number;
  /** Calls of one connection whose methods may run at once, also those that their client has given up. */
  readonly maxRunningCalls: number;
  /** How replies are packed for clients that can read it. */
  readonly compression: Encoding;
}

/** No call is done in less. */
const LEAST_TIMEOUT_MS = 1;

/** A stream that is answered already. */
const ANSWERED: StreamSink = { onData: () => "copied", onEnd() {}, onReset() {}, onDrain() {} };

const METHOD_NOT_ALLOWED: HeaderList = [":status", "405", "allow", "POST"];

/** Makes each HTTP/2 stream a call, or answers what is none. */
export function acceptCalls(options: AcceptOptions): AcceptStream {
  const maxBytes = options.maxDecompressedBytes;
  const formats = { identity: { encoding: "identity", maxBytes }, gzip: { encoding: "gzip", maxBytes } } as const;
  return (stream, headers, caller) => {
    if (caller.running >= options.maxRunningCalls) {
      stream.reset(HTTP2_CODES.REFUSED_STREAM); // nothing was begun, so the client may try again
      return ANSWERED;
    }
    const head = new RequestHead(headers);
    if (head.method !== "POST") {
      stream.respondOnly(METHOD_NOT_ALLOWED);
      return ANSWERED;
    }
    if (!isGrpcContentType(head.contentType)) {
      stream.respondOnly(UNSUPPORTED_MEDIA_TYPE);
      return ANSWERED;
    }
    try {
      const route = options.router.find(head.path ?? "");
      const packed = options.compression === "gzip" && acceptsGzip(head.acceptEncoding);
      const { kind, path } = route.operation;
      const callerTimeoutMs = requestTimeoutMs(head.timeout);
      // Its time is over before the clock moves, and the timer of deadlines would tell of it only when the method has run.
      if (callerTimeoutMs !== undefined && callerTimeoutMs < LEAST_TIMEOUT_MS) throw deadlineExceeded(path);
      const arriving: IncomingCall = {
        stream,
        headers: kind === "unary" ? headers : applicationHeaders(headers),
        caller,
        route,
        deadlineMs: callDeadlineMs(route.operation, callerTimeoutMs, options),
        tenant: tenantOf(head),
        format: formats[requestEncoding(head.encoding)],
        encoding: packed ? "gzip" : "identity",
      };
      return kind === "unary"
        ? new UnaryExchange(arriving, head, options)
        : new StreamExchange(arriving, head, options);
    } catch (error) {
      stream.respondOnly([...TRAILERS_ONLY, ...encodeStatus(toParleyError(error))]);
      return ANSWERED;
    }
  };
}

function requestTimeoutMs(header: string | undefined): number | undefined {
  if (header === undefined) return undefined;
  const timeoutMs = parseTimeoutMs(header);
  if (timeoutMs !== undefined) return timeoutMs;
  throw new ParleyError(
    "INVALID_ARGUMENT",
    `grpc-timeout ${JSON.stringify(header)} must be up to eight digits and one of H, M, S, m, u, n`,
  );
}

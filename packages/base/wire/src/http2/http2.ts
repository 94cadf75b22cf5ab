import type { TlsMaterial } from "../tls/tls-files.ts";
/**
 * The seam to HTTP/2 (RFC 9113). What stands behind it moves headers and bytes; what stands before it gives them a meaning.
 *
 * - *header list*: names and values in turn, in one flat array: no object per header, order and repetition kept.
 *   Names are lower-case, pseudo-headers come first. `[":status", "200", "content-type", "application/grpc"]`
 * - *stream*: one request and its response. We write to it; what the other side does is told to a sink.
 *
 * A stream's sink is told, synchronously and in the order of the wire: headers (once, a client alone), data (any number
 * of times), end (once). A reset can come instead of any of them, or after the end while we still write; nothing
 * follows a reset. After a stream has ended in both directions nothing more is told, but that its end has gone out.
 *
 * Implementations pass the suite in `test/support/http2-contract.ts`.
 */
export type HeaderList = readonly string[];

/** RFC 9113, section 7. */
export const HTTP2_CODES = {
  NO_ERROR: 0,
  PROTOCOL_ERROR: 1,
  INTERNAL_ERROR: 2,
  FLOW_CONTROL_ERROR: 3,
  SETTINGS_TIMEOUT: 4,
  STREAM_CLOSED: 5,
  FRAME_SIZE_ERROR: 6,
  REFUSED_STREAM: 7,
  CANCEL: 8,
  COMPRESSION_ERROR: 9,
  CONNECT_ERROR: 10,
  ENHANCE_YOUR_CALM: 11,
  INADEQUATE_SECURITY: 12,
  HTTP_1_1_REQUIRED: 13,
} as const;

/** The name of a code, for people. */
export function nameOfCode(code: number): string {
  return Object.entries(HTTP2_CODES).find(([, value]) => value === code)?.[0] ?? String(code);
}

/** Why a stream broke off. */
export type StreamReset =
  /** The peer sent RST_STREAM, or its GOAWAY excluded the stream (then the code is REFUSED_STREAM). */
  | { readonly by: "peer"; readonly code: number }
  /** We reset the stream because the peer broke a rule on it (RFC 9113, section 5.4.2). */
  | { readonly by: "fault"; readonly reason: string; readonly code: number }
  /** The connection was lost or closed by force beneath the stream. */
  | { readonly by: "connection"; readonly reason: string; readonly code: number };

/** `"copied"`: nothing of the chunk is kept, so that its memory may be used for something else. */
export type Keeping = "kept" | "copied";

/** What a stream tells its owner. */
export interface StreamSink {
  /** The owner may keep the chunk, and says whether it does. */
  onData(chunk: Uint8Array): Keeping;
  /** The peer has sent all it will; the trailers are empty if it sent none. */
  onEnd(trailers: HeaderList): void;
  onReset(reset: StreamReset): void;
  /** A write that answered `"wait"` has drained, or an end that answered `"waits"` has gone out. */
  onDrain(): void;
}

export interface ResponseSink extends StreamSink {
  onHeaders(headers: HeaderList): void;
}

/** Our half of a stream. Everything here is silently ignored once the stream has been reset by either side. */
export interface Http2Stream {
  /**
   * Sends bytes, which are the stream's from here on: they must not change, and a buffer that codecs lend (`releaseBuffer`) goes back to
   * them once it is sent. `"wait"` asks the writer to hold until `onDrain`: the peer, or the network, is slower than we are.
   */
  write(bytes: Uint8Array): "go" | "wait";
  /**
   * `"hold"`: no window is granted, so that the peer stops sending; what is under way, a window at most, may still be told.
   * `"flow"`, as it starts: windows are granted as data comes.
   */
  read(mode: "flow" | "hold"): void;
  /** RST_STREAM. The sink is not told of a reset that we made. */
  reset(code: number): void;
}

export interface ClientStream extends Http2Stream {
  /** Ends the request, with a last piece of data if given. */
  end(bytes?: Uint8Array): void;
}

export interface ServerStream extends Http2Stream {
  /** The largest header list that the peer takes, counted by `headerListBytes`; undefined for any. */
  readonly maxHeaderListBytes?: number;
  /** Sends the headers of the response; once. Two lists as one, as in {@link ClientConnection.open}. */
  respond(common: HeaderList, own?: HeaderList): void;
  /**
   * Ends the response with trailers, and drops what the peer may still send. `"waits"` if not all of it could be handed over
   * yet: a peer that does not read would make us hold it for ever, so who answers sets it a limit until `onDrain`.
   */
  end(common: HeaderList, own?: HeaderList): "sent" | "waits";
  /** Headers and the end of the stream in one frame. */
  respondOnly(headers: HeaderList): void;
}

/** What a client's connection tells its owner. */
export interface ClientConnectionEvents {
  /** SETTINGS from the peer; the first comes before the dial resolves. */
  onMaxStreams(limit: number): void;
  /** GOAWAY. Open no more streams; those that the peer accepted go on. */
  onGoaway(code: number, debug: string): void;
  /** The connection is gone, after each of its streams was told. Once, and the last event. */
  onClose(reason: string): void;
}

/** Resets of streams that a peer takes from us: so many at once, then so many per second. More of them end the connection. */
export interface ResetLimit {
  readonly burst: number;
  readonly perSecond: number;
}

export interface ClientConnection {
  /** What the peer has said of it; undefined if it has not, as most do not. */
  readonly resetLimit: ResetLimit | undefined;
  /** The largest header list that the peer takes, counted by `headerListBytes`. One over it is not to be sent. */
  readonly maxHeaderListBytes: number;
  /**
   * Begins a request with two lists as one. `common` is what is the same from call to call, and then the same array each time:
   * its encoding is kept. `own` is this call's.
   */
  open(common: HeaderList, own: HeaderList, sink: ResponseSink): ClientStream;
  /** Sends a PING and calls back when it is acknowledged. Answers false if none can be sent. */
  ping(onAck: () => void): boolean;
  /** Closes as soon as the last stream has ended; at once if there is none. */
  close(): void;
  /** Closes now, whatever is in flight. */
  destroy(reason: string): void;
}

/** The client at the other end of a connection, as a server sees it. */
export interface Caller {
  /** The remote address and port. */
  readonly address: string;
  /**
   * The work that runs for it, counted by whoever does it. A reset ends a stream but not what it has begun, so a limit on
   * streams is none on work (CVE-2023-44487).
   */
  running: number;
}

/** Takes each new stream; what it returns is told the rest. Each connection has a caller of its own. */
export type AcceptStream = (stream: ServerStream, headers: HeaderList, caller: Caller) => StreamSink;

export interface Http2Server {
  /** Starts to listen; rejects with the system's error (`EADDRINUSE`, …). */
  listen(options: { readonly port: number; readonly host: string }): Promise<{ port: number; host: string }>;
  /**
   * The graceful end, in two steps: each connection is told GOAWAY with the highest stream id, so that requests under way
   * are still accepted, and after a round trip GOAWAY with the last one. Resolves when every connection has closed.
   */
  drain(): Promise<void>;
  /** Ends every connection now. `drain` resolves after it. */
  destroy(): void;
  /** New connections use this certificate. Only for a server that was made with one. */
  setTls(material: TlsMaterial): void;
}

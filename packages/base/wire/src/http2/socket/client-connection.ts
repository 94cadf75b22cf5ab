import { MAX_STREAM_ID, PREFACE, SETTING } from "../frames/frame-types.ts";
import { ConnectionError, StreamError } from "../frames/http2-error.ts";
import {
  type ClientConnection,
  type ClientConnectionEvents,
  type ClientStream,
  type HeaderList,
  HTTP2_CODES,
  type ResetLimit,
  type ResponseSink,
} from "../http2.ts";
import { FramedConnection } from "./framed-connection.ts";
import { type HeaderKind, headerValue } from "./header-rules.ts";
import type { SocketConnectionOptions } from "./socket-connection.ts";
import { SocketStream } from "./socket-stream.ts";

/**
 * The client's end of a connection: it begins streams, with odd ids, and takes none (server push is turned off).
 * Open, then going (GOAWAY came, or `close` was called: no new streams), then closed.
 */
export class SocketClientConnection extends FramedConnection implements ClientConnection {
  readonly #events: ClientConnectionEvents;
  #nextId: number;
  #state: "open" | "going" = "open";
  #closeWhenIdle = false;

  constructor(options: SocketConnectionOptions, events: ClientConnectionEvents, firstStreamId = 1) {
    super(options, [[SETTING.ENABLE_PUSH, 0]]);
    this.#nextId = firstStreamId;
    this.#events = events;
    options.socket.on("data", (chunk: Buffer) => this.feed(chunk));
  }

  get resetLimit(): ResetLimit | undefined {
    const { resetBurst: burst, resetsPerSecond: perSecond } = this.peerSettings;
    return burst === undefined || perSecond === undefined ? undefined : { burst, perSecond };
  }

  open(common: HeaderList, own: HeaderList, sink: ResponseSink): ClientStream {
    const stream = new SocketStream(this.#nextId, this, sink, this.peerSettings.initialWindow);
    if (this.closed || this.#state === "going" || this.#nextId > MAX_STREAM_ID) {
      // Told later, as every reset is: the caller is still busy opening.
      queueMicrotask(() => stream.tellReset({ by: "peer", code: HTTP2_CODES.REFUSED_STREAM }));
      stream.localEnded = true;
      return stream;
    }
    this.#nextId += 2;
    this.streams.add(stream);
    this.out.headers(stream.id, common, own, false);
    return stream;
  }

  close(): void {
    this.#state = "going";
    this.#closeWhenIdle = true;
    this.onStreamGone();
  }

  /** Section 3.4. */
  protected greet(): void {
    this.out.bytes(PREFACE);
  }

  protected isOwnId(streamId: number): boolean {
    return streamId % 2 === 1;
  }

  protected isIdle(streamId: number): boolean {
    return streamId % 2 === 0 || streamId >= this.#nextId;
  }

  protected headerKind(stream: SocketStream | undefined): HeaderKind {
    return stream?.hasHeaders ? "trailers" : "response";
  }

  protected onNewStream(streamId: number): void {
    throw new ConnectionError("PROTOCOL_ERROR", `the server begins stream ${streamId}`); // sections 5.1.1 and 8.4
  }

  protected onMoreHeaders(stream: SocketStream, headers: HeaderList, endStream: boolean): void {
    const sink = stream.sink as ResponseSink;
    if (stream.hasHeaders) {
      if (!endStream) throw new StreamError(stream.id, "PROTOCOL_ERROR", "trailers without END_STREAM"); // section 8.1
      return this.endRemote(stream, headers);
    }
    const status = headerValue(headers, ":status") ?? "";
    if (/^1\d\d$/.test(status)) {
      // Section 8.1: 100-continue and its kin come before the response and mean nothing to gRPC.
      if (endStream) throw new StreamError(stream.id, "PROTOCOL_ERROR", "an informational response ends the stream");
      return;
    }
    stream.hasHeaders = true;
    stream.expectContent(headers);
    sink.onHeaders(headers);
    if (endStream && !stream.dead) this.endRemote(stream, []);
  }

  protected onPeerGoing(code: number, debug: string): void {
    this.#events.onGoaway(code, debug);
    this.close();
  }

  protected onMaxStreams(limit: number): void {
    this.#events.onMaxStreams(limit);
  }

  protected onClosed(reason: string): void {
    this.#events.onClose(reason);
  }

  protected onStreamGone(): void {
    if (!this.#closeWhenIdle || this.streams.size > 0 || this.closed) return;
    this.out.goaway(0, HTTP2_CODES.NO_ERROR);
    this.finish();
  }
}

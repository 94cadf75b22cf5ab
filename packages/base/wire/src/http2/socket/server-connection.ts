import type { Socket } from "node:net";
import type { Clock, Timer } from "@parley/core";
import { loopBudget } from "@parley/core/internal";
import { MAX_STREAM_ID, PREFACE, SETTING } from "../frames/frame-types.ts";
import { StreamError } from "../frames/http2-error.ts";
import { type AcceptStream, type Caller, type HeaderList, HTTP2_CODES, type StreamSink } from "../http2.ts";
import { callerOf, type ServedConnection } from "../listen.ts";
import { FramedConnection } from "./framed-connection.ts";
import type { HeaderKind } from "./header-rules.ts";
import type { ConnectionLimits } from "./limits.ts";
import type { SocketConnectionOptions } from "./socket-connection.ts";
import { SocketStream } from "./socket-stream.ts";

/** How long the client may take to acknowledge that it has heard of the end. */
const ANNOUNCE_LIMIT_MS = 1_000;

/** A chunk of this size may hold a thousand calls, and more may follow in the same turn of the event loop. */
const LARGE_CHUNK_BYTES = 16 * 1_024;

export interface ServerConnectionOptions extends SocketConnectionOptions {
  readonly clock: Clock;
  readonly accept: AcceptStream;
  readonly onClose: (connection: SocketServerConnection) => void;
}

const MAX_SETTING = 2 ** 32 - 1;

/** What a client must know to keep within our limits. */
function settingsOf(limits: ConnectionLimits): readonly (readonly [number, number])[] {
  const { maxConcurrentStreams, idleFrameBurst, idleFramesPerSecond } = limits;
  return [
    [SETTING.MAX_CONCURRENT_STREAMS, maxConcurrentStreams],
    [SETTING.RESET_BURST, Math.min(MAX_SETTING, Math.floor(idleFrameBurst))],
    [SETTING.RESETS_PER_SECOND, Math.min(MAX_SETTING, Math.floor(idleFramesPerSecond))],
  ];
}

const UNBORN: StreamSink = { onData: () => "copied", onEnd() {}, onReset() {}, onDrain() {} };

/**
 * The server's end of a connection: it takes streams, with odd ids that only grow.
 * It awaits the preface, serves, is draining (announced, then refusing), and is gone.
 */
export class SocketServerConnection extends FramedConnection implements ServedConnection {
  readonly #options: ServerConnectionOptions;
  readonly #caller: Caller;
  readonly #bornMs: number;
  #preface: Buffer | undefined = Buffer.alloc(0);
  #state: "serving" | "announced" | "refusing" = "serving";
  #announceTimer: Timer | undefined;
  #awaitsPing = false;
  /** The last stream that GOAWAY promised to serve. */
  #lastServed = MAX_STREAM_ID;

  constructor(options: ServerConnectionOptions) {
    super(options, settingsOf(options.limits));
    const { socket, clock } = options;
    this.#options = options;
    this.#caller = callerOf(socket);
    this.#bornMs = clock.now();
    this.limitHandshake();
    socket.on("data", (chunk: Buffer) => {
      const isLarge = chunk.length >= LARGE_CHUNK_BYTES;
      if (isLarge) loopBudget.admit(); // so that its own work counts
      if (this.#preface) this.#onPreface(chunk);
      else this.feed(chunk);
      if (isLarge) this.#takeTurns(socket);
    });
  }

  /**
   * Node delivers up to 2 MiB of one socket before it looks at another, as long as chunks are large: with small calls that
   * is a second of work.
   */
  #takeTurns(socket: Socket): void {
    if (loopBudget.admit()) return;
    socket.pause();
    loopBudget.defer(() => void socket.resume());
  }

  ageMs(): number {
    return this.#options.clock.now() - this.#bornMs;
  }

  /** Sends a keepalive PING; {@link reap} judges the answer. */
  probe(): void {
    this.#awaitsPing = this.ping(() => {
      this.#awaitsPing = false;
    });
  }

  /** Ends the connection if its PING is still unanswered. */
  reap(): void {
    if (this.#awaitsPing) this.destroy("no answer to keepalive");
  }

  /** Section 6.8: GOAWAY in two steps, so that no request under way is lost; then the end with the last stream. */
  drain(): void {
    if (this.#state !== "serving" || this.closed) return;
    this.#state = "announced";
    this.out.goaway(MAX_STREAM_ID, HTTP2_CODES.NO_ERROR);
    const refuse = (): void => {
      this.#announceTimer?.cancel();
      if (this.#state !== "announced" || this.closed) return;
      this.#state = "refusing";
      this.#lastServed = this.lastPeerStreamId;
      this.out.goaway(this.#lastServed, HTTP2_CODES.NO_ERROR);
      this.onStreamGone();
    };
    this.#announceTimer = this.#options.clock.setTimer(ANNOUNCE_LIMIT_MS, refuse);
    this.ping(refuse);
  }

  /** The end by force. GOAWAY goes ahead of it: what the client has begun since the last stream we took is then refused, not lost. */
  override destroy(reason: string): void {
    if (!this.closed) {
      this.out.goaway(this.lastPeerStreamId, HTTP2_CODES.NO_ERROR);
      this.out.flush();
    }
    super.destroy(reason);
  }

  /** Section 3.4. */
  #onPreface(chunk: Buffer): void {
    const bytes = this.#preface && this.#preface.length > 0 ? Buffer.concat([this.#preface, chunk]) : chunk;
    const length = Math.min(bytes.length, PREFACE.length);
    if (!bytes.subarray(0, length).equals(PREFACE.subarray(0, length))) {
      return this.destroy("the client does not speak HTTP/2");
    }
    if (bytes.length < PREFACE.length) {
      this.#preface = bytes;
      return;
    }
    this.#preface = undefined;
    if (bytes.length > PREFACE.length) this.feed(bytes.subarray(PREFACE.length));
  }

  protected greet(): void {
    // The server's SETTINGS are its preface (section 3.4).
  }

  protected isOwnId(streamId: number): boolean {
    return streamId % 2 === 0;
  }

  protected isIdle(streamId: number): boolean {
    return streamId % 2 === 0 || streamId > this.lastPeerStreamId;
  }

  protected headerKind(stream: SocketStream | undefined): HeaderKind {
    return stream ? "trailers" : "request";
  }

  protected onNewStream(streamId: number, headers: HeaderList, endStream: boolean): void {
    if (streamId > this.#lastServed || this.streams.size >= this.limits.maxConcurrentStreams) {
      throw new StreamError(streamId, "REFUSED_STREAM", "no more streams"); // sections 5.1.2 and 6.8: try again elsewhere
    }
    const stream = new SocketStream(streamId, this, UNBORN, this.peerSettings.initialWindow);
    stream.expectContent(headers);
    this.streams.add(stream);
    stream.sink = this.#options.accept(stream, headers, this.#caller);
    if (endStream && !stream.dead) this.endRemote(stream, []);
  }

  protected onMoreHeaders(stream: SocketStream, headers: HeaderList, endStream: boolean): void {
    if (!endStream) throw new StreamError(stream.id, "PROTOCOL_ERROR", "trailers without END_STREAM"); // section 8.1
    this.endRemote(stream, headers);
  }

  override afterEnd(stream: SocketStream): void {
    super.afterEnd(stream);
    // Section 8.1: the response is complete, so what the client still sends is not wanted; that is no error.
    if (stream.localEnded && !stream.remoteEnded) this.resetStream(stream, HTTP2_CODES.NO_ERROR);
  }

  protected onPeerGoing(): void {
    // The client will begin no more streams; those that it has begun go on.
  }

  protected onMaxStreams(): void {
    // It limits the streams that a server begins, and we begin none.
  }

  protected onClosed(): void {
    this.#announceTimer?.cancel();
    this.#options.onClose(this);
  }

  protected onStreamGone(): void {
    if (this.#state === "refusing" && this.streams.size === 0) this.finish();
  }
}

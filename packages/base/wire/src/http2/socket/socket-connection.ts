import type { Socket } from "node:net";
import type { Clock, Timer } from "@parley/core";
import { hintYoungCollection } from "../../buffers/external-memory.ts";
import { FrameOutput } from "../frames/frame-output.ts";
import { DEFAULT_WINDOW_BYTES, SETTING } from "../frames/frame-types.ts";
import { ConnectionError } from "../frames/http2-error.ts";
import { CompressionError } from "../hpack/compression-error.ts";
import { HTTP2_CODES, type Keeping } from "../http2.ts";
import { endSocket } from "../linger.ts";
import type { ConnectionLimits } from "./limits.ts";
import { Outflow } from "./outflow.ts";
import type { SocketStream } from "./socket-stream.ts";
import { StreamTable } from "./stream-table.ts";

/** How long the peer may take to say its SETTINGS and acknowledge ours (RFC 9113, section 6.5.3). */
const HANDSHAKE_LIMIT_MS = 10_000;

/** Below this, what a chunk takes is not worth the call that gives it back. */
const LARGE_CHUNK_BYTES = 16 * 1_024;

export interface SocketConnectionOptions {
  readonly socket: Socket;
  readonly limits: ConnectionLimits;
  readonly clock: Clock;
}

/**
 * The life of an HTTP/2 connection on a socket, at either end: how it begins, what its streams share, and how it ends. What
 * frames mean is said above, in {@link FramedConnection}.
 *
 * It awaits the peer's SETTINGS, is open, perhaps going (GOAWAY in either direction), and closed.
 */
export abstract class SocketConnection {
  readonly limits: ConnectionLimits;
  readonly out: FrameOutput;
  readonly outflow: Outflow;
  protected readonly streams = new StreamTable();
  /** The highest stream that the peer has begun. */
  protected lastPeerStreamId = 0;
  protected closed = false;
  readonly #socket: Socket;
  readonly #clock: Clock;
  #handshakeTimer: Timer | undefined;

  constructor({ socket, limits, clock }: SocketConnectionOptions, ownSettings: readonly (readonly [number, number])[]) {
    this.limits = limits;
    this.#socket = socket;
    this.#clock = clock;
    this.out = new FrameOutput(socket, this);
    this.outflow = new Outflow(this.out);
    socket.on("error", (error) => this.#lose(error.message));
    socket.on("close", () => this.#lose("the peer closed the connection"));
    socket.on("end", () => this.destroy("the peer closed the connection"));
    this.greet();
    this.out.settings([
      ...ownSettings,
      [SETTING.INITIAL_WINDOW_SIZE, limits.streamWindowBytes],
      [SETTING.MAX_HEADER_LIST_SIZE, limits.maxHeaderListBytes],
    ]);
    this.out.windowUpdate(0, limits.connectionWindowBytes - DEFAULT_WINDOW_BYTES);
  }

  /** What goes out before our SETTINGS. */
  protected abstract greet(): void;
  /** Takes bytes apart and acts on what they say; throws what the connection cannot go on after. */
  protected abstract parse(chunk: Buffer): Keeping;
  /** The largest header list that the peer takes. */
  abstract readonly maxHeaderListBytes: number;
  /** What a peer may send on one stream before we have read any of it, as it is now. */
  abstract readonly streamWindowBytes: number;
  /** A stream gives back what it has used of its window: time to see whether the window is what holds the peer up. */
  abstract onGrant(): void;
  protected abstract onStreamGone(): void;
  protected abstract onClosed(reason: string): void;

  /** The socket takes more. */
  onDrain(): void {
    this.outflow.serve();
  }

  destroy(reason: string): void {
    this.#lose(reason);
    this.#socket.destroy();
  }

  resetStream(stream: SocketStream, code: number): void {
    stream.kill();
    this.writeReset(stream.id, code, stream.receiveWindow);
    this.forget(stream);
  }

  /** A half of a stream has ended; with both, the stream is over. */
  afterEnd(stream: SocketStream): void {
    if (stream.localEnded && stream.remoteEnded) this.forget(stream);
  }

  /** Takes what the socket delivers. */
  protected feed(chunk: Buffer): void {
    if (this.closed) return;
    try {
      if (this.parse(chunk) === "copied") releaseChunk(chunk);
      else hintYoungCollection(chunk.length);
      if (this.out.choked)
        throw new ConnectionError("ENHANCE_YOUR_CALM", "the peer asks and does not read the answers");
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Gives the peer its time to say SETTINGS and acknowledge ours. */
  protected limitHandshake(): void {
    this.#handshakeTimer ??= this.#clock
      .setTimer(HANDSHAKE_LIMIT_MS, () =>
        this.#fail(new ConnectionError("SETTINGS_TIMEOUT", `no SETTINGS exchanged within ${HANDSHAKE_LIMIT_MS} ms`)),
      )
      .unref();
  }

  protected endHandshake(): void {
    this.#handshakeTimer?.cancel();
    this.#handshakeTimer = undefined;
  }

  /** Ends the connection once everything that is written has gone out. */
  protected finish(reason = "the connection is closed"): void {
    this.out.flush();
    endSocket(this.#socket, this.#clock);
    this.#lose(reason);
  }

  /** @param windowBytes what the peer may have sent on the stream before it hears of this. */
  protected writeReset(streamId: number, code: number, windowBytes: number): void {
    this.streams.rememberReset(streamId, windowBytes);
    this.out.reset(streamId, code);
  }

  protected forget(stream: SocketStream): void {
    this.outflow.forget(stream);
    if (this.streams.delete(stream)) this.onStreamGone();
  }

  /** Section 5.4.1. */
  #fail(error: unknown): void {
    if (this.closed) return;
    const message = error instanceof Error ? error.message : String(error);
    const code = codeOf(error);
    this.out.goaway(this.lastPeerStreamId, code, message.slice(0, 200));
    this.out.flush();
    endSocket(this.#socket, this.#clock);
    this.#lose(message, code);
  }

  #lose(reason: string, code: number = HTTP2_CODES.CANCEL): void {
    if (this.closed) return;
    this.closed = true;
    this.#handshakeTimer?.cancel();
    const streams = this.streams.all();
    this.streams.clear();
    this.outflow.clear();
    for (const stream of streams) stream.tellReset({ by: "connection", reason, code });
    this.onClosed(reason);
  }
}

/** Gives back at once the memory of what the socket has delivered: V8 would collect its whole heap for it (see `hintYoungCollection`). */
function releaseChunk({ buffer, byteLength }: Buffer): void {
  if (byteLength >= LARGE_CHUNK_BYTES && byteLength === buffer.byteLength) (buffer as ArrayBuffer).transfer(0);
}

function codeOf(error: unknown): number {
  if (error instanceof ConnectionError) return error.code;
  return error instanceof CompressionError ? HTTP2_CODES.COMPRESSION_ERROR : HTTP2_CODES.INTERNAL_ERROR;
}

import type { QueueNode } from "@parley/core/internal";
import { MAX_FRAME_BYTES, MAX_WINDOW_BYTES } from "../frames/frame-types.ts";
import { StreamError } from "../frames/http2-error.ts";
import type { ClientStream, HeaderList, Keeping, ServerStream, StreamReset, StreamSink } from "../http2.ts";
import { headerValue } from "./header-rules.ts";
import type { Sender } from "./outflow.ts";
import type { SocketConnection } from "./socket-connection.ts";

/**
 * One stream (RFC 9113, section 5.1). It is open from its HEADERS on; each side ends its half by END_STREAM; it is closed
 * when both have, or when either resets it. What cannot be sent yet, because a window or the socket is full, waits here
 * in order: data first, then the end.
 */
export class SocketStream implements ClientStream, ServerStream, Sender {
  readonly id: number;
  /** Whoever is told; a server sets it when it accepts the stream. */
  sink: StreamSink;
  /** The peer's half has ended. */
  remoteEnded = false;
  /** Our half has ended, and END_STREAM is out. */
  localEnded = false;
  /** Reset by either side, or beneath us: nothing more goes out or is told. */
  dead = false;
  /** The response headers have come (client), so that the next HEADERS are trailers. */
  hasHeaders = false;
  place: QueueNode | undefined;
  /** The table's own. */
  next: SocketStream | undefined;
  readonly #connection: SocketConnection;
  #sendWindow: number;
  /** What the peer may still send us. */
  #receiveWindow: number;
  #held = false;
  /** How much of `content-length` is still to come; undefined without one. */
  #contentLeft: number | undefined;
  #queue: Uint8Array[] = NOTHING_QUEUED;
  /** How the stream will end once the queue is out: trailers, or none for a bare END_STREAM. */
  #end: HeaderList | undefined;
  /** The part of the trailers that is this stream's alone. */
  #ownEnd: HeaderList = NO_HEADERS;
  /** The writer was told to wait, for the socket or for the end to go out. */
  #writerWaits = false;

  constructor(id: number, connection: SocketConnection, sink: StreamSink, sendWindow: number) {
    this.id = id;
    this.#connection = connection;
    this.sink = sink;
    this.#sendWindow = sendWindow;
    this.#receiveWindow = connection.limits.streamWindowBytes;
  }

  get maxHeaderListBytes(): number {
    return this.#connection.maxHeaderListBytes;
  }

  respond(common: HeaderList, own: HeaderList = NO_HEADERS): void {
    if (!this.dead) this.#connection.out.headers(this.id, common, own, false);
  }

  respondOnly(headers: HeaderList): void {
    if (this.dead) return;
    this.#connection.out.headers(this.id, NO_HEADERS, headers, true);
    this.#endLocal();
  }

  write(bytes: Uint8Array): "go" | "wait" {
    if (this.dead || this.localEnded || this.#end) return "go";
    if (bytes.length > 0) this.#put(bytes);
    this.#writerWaits = this.#queue.length > 0 || this.#connection.outflow.congested;
    if (this.#writerWaits && this.#queue.length === 0) this.#connection.outflow.awaitDrain(this);
    return this.#writerWaits ? "wait" : "go";
  }

  end(last?: Uint8Array | HeaderList, own: HeaderList = NO_HEADERS): "sent" | "waits" {
    if (this.dead || this.localEnded || this.#end) return "sent";
    if (last instanceof Uint8Array) {
      if (last.length > 0) this.#enqueue(last);
      this.#end = NO_HEADERS;
    } else {
      this.#end = last ?? NO_HEADERS;
      this.#ownEnd = own;
    }
    this.#send();
    this.#writerWaits = !this.localEnded;
    return this.#writerWaits ? "waits" : "sent";
  }

  read(mode: "flow" | "hold"): void {
    this.#held = mode === "hold";
    if (!this.#held && !this.dead && !this.remoteEnded) this.grant();
  }

  reset(code: number): void {
    if (this.dead || (this.localEnded && this.remoteEnded)) return;
    this.#connection.resetStream(this, code);
  }

  takeTurn(): "more" | "done" {
    if (this.#sendWindow > 0) this.#sendFrame();
    if (this.#queue.length > 0) return this.#sendWindow > 0 ? "more" : "done";
    this.#sendEnd();
    if (this.#writerWaits && this.localEnded) this.tellDrain();
    else if (this.#writerWaits) this.#connection.outflow.awaitDrain(this);
    return "done";
  }

  tellDrain(): void {
    this.#writerWaits = false;
    this.sink.onDrain();
  }

  /** The peer lets us send more, or takes some of it back (sections 6.9 and 6.9.2). */
  changeSendWindow(bytes: number): "fits" | "too_large" {
    this.#sendWindow += bytes;
    if (this.#queue.length > 0 && this.#sendWindow > 0) this.#connection.outflow.awaitTurn(this);
    return this.#sendWindow > MAX_WINDOW_BYTES ? "too_large" : "fits";
  }

  /** What the peer may still send. */
  get receiveWindow(): number {
    return this.#receiveWindow;
  }

  /** Data has come in; `windowBytes` of it count against the window. */
  receive(bytes: Uint8Array, windowBytes: number): Keeping {
    this.#receiveWindow -= windowBytes;
    if (this.#receiveWindow < 0) {
      throw new StreamError(this.id, "FLOW_CONTROL_ERROR", "more data than the window of the stream");
    }
    if (this.#contentLeft !== undefined) {
      this.#contentLeft -= bytes.length;
      if (this.#contentLeft < 0) throw new StreamError(this.id, "PROTOCOL_ERROR", "more data than content-length says");
    }
    return bytes.length > 0 ? this.sink.onData(bytes) : "copied";
  }

  /** Lets the peer send on, once half of the window is used: fewer and larger updates (section 6.9). */
  grant(): void {
    const { streamWindowBytes } = this.#connection;
    const used = streamWindowBytes - this.#receiveWindow;
    if (this.#held || used < streamWindowBytes / 2) return;
    this.#connection.onGrant();
    this.#receiveWindow += used;
    this.#connection.out.windowUpdate(this.id, used);
  }

  /** The peer's END_STREAM. */
  endRemote(trailers: HeaderList): void {
    if (this.#contentLeft) throw new StreamError(this.id, "PROTOCOL_ERROR", "less data than content-length says");
    this.remoteEnded = true;
    this.sink.onEnd(trailers);
  }

  /** Section 8.1.1: `content-length` must be true. */
  expectContent(headers: HeaderList): void {
    const length = headerValue(headers, "content-length");
    if (length === undefined) return;
    if (!/^\d{1,15}$/.test(length)) throw new StreamError(this.id, "PROTOCOL_ERROR", "content-length is no number");
    this.#contentLeft = Number(length);
  }

  /** Tells the sink of a reset that it did not make. */
  tellReset(reset: StreamReset): void {
    if (this.dead) return;
    this.kill();
    this.sink.onReset(reset);
  }

  kill(): void {
    this.dead = true;
    this.#queue = NOTHING_QUEUED;
    this.#end = undefined;
  }

  #enqueue(bytes: Uint8Array): void {
    if (this.#queue === NOTHING_QUEUED) this.#queue = [bytes];
    else this.#queue.push(bytes);
  }

  /** What fits and has nothing before it goes out as it is, which is the common case by far. */
  #put(bytes: Uint8Array): void {
    const { out, outflow } = this.#connection;
    const fits = bytes.length <= Math.min(this.#sendWindow, outflow.window, MAX_FRAME_BYTES);
    if (this.#queue.length > 0 || !fits || !outflow.open) {
      this.#enqueue(bytes);
      return this.#send();
    }
    this.#sendWindow -= bytes.length;
    outflow.spend(bytes.length);
    out.data(this.id, bytes, false);
  }

  /** Sends as far as the windows and the socket allow; what is left waits for its turn, or for its window. */
  #send(): void {
    const { outflow } = this.#connection;
    while (this.#queue.length > 0) {
      if (this.#sendWindow <= 0) return;
      if (!outflow.open) return outflow.awaitTurn(this);
      this.#sendFrame();
    }
    this.#sendEnd();
  }

  /** One frame of data. There is some, and both windows are open. */
  #sendFrame(): void {
    const { out, outflow } = this.#connection;
    const bytes = this.#queue[0] as Uint8Array;
    const room = Math.min(this.#sendWindow, outflow.window, MAX_FRAME_BYTES);
    const piece = bytes.length <= room ? bytes : bytes.subarray(0, room);
    if (piece === bytes) this.#queue.shift();
    else this.#queue[0] = bytes.subarray(room);
    const isLast = this.#queue.length === 0 && this.#end?.length === 0 && this.#ownEnd.length === 0;
    this.#sendWindow -= piece.length;
    outflow.spend(piece.length);
    out.data(this.id, piece, isLast, piece === bytes ? bytes.buffer : undefined);
    if (isLast) this.#endLocal();
  }

  /** The end, if it is due. It needs no window (section 6.9). */
  #sendEnd(): void {
    if (!this.#end) return;
    const isBare = this.#end.length === 0 && this.#ownEnd.length === 0;
    if (isBare) this.#connection.out.data(this.id, NO_BYTES, true);
    else this.#connection.out.headers(this.id, this.#end, this.#ownEnd, true);
    this.#endLocal();
  }

  #endLocal(): void {
    this.localEnded = true;
    this.#end = undefined;
    this.#connection.afterEnd(this);
  }
}

/** Most streams never have anything waiting, so they share this one, which stays empty. */
const NOTHING_QUEUED: Uint8Array[] = [];
const NO_BYTES = new Uint8Array(0);
const NO_HEADERS: HeaderList = [];

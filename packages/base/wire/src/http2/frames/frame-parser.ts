import { type DecodedBlock, HpackDecoder } from "../hpack/decoder.ts";
import type { Keeping } from "../http2.ts";
import { FrameReader } from "./frame-reader.ts";
import { FLAG, FRAME, MAX_STREAM_ID } from "./frame-types.ts";
import { ConnectionError, StreamError } from "./http2-error.ts";

/** What frames say, once their form is right. A stream id here is never 0 where the rules want a stream. */
export interface FrameHandler {
  /** `windowBytes` is what the frame takes of the windows: its padding counts. */
  onData(streamId: number, bytes: Uint8Array, windowBytes: number, endStream: boolean): Keeping;
  onHeaders(streamId: number, block: DecodedBlock, endStream: boolean): void;
  onReset(streamId: number, code: number): void;
  onSettings(settings: readonly (readonly [id: number, value: number])[]): void;
  onSettingsAck(): void;
  onPing(payload: Buffer, isAck: boolean): void;
  onGoaway(lastStreamId: number, code: number, debug: string): void;
  /** Stream 0 is the connection. */
  onWindowUpdate(streamId: number, increment: number): void;
  /** A frame that asks for work and moves nothing. */
  onIdleFrame(what: string): void;
  /** A fault that ends one stream alone. */
  onStreamError(error: StreamError): void;
}

/**
 * A block this many times the limit of its list ends the connection. One that is less over it is still decoded, though not kept,
 * so that the stream alone is refused: every later block builds on what it has put into the table (RFC 9113, section 10.5.1).
 */
const BLOCK_TO_LIST = 8;

/** How much of GOAWAY's debug data is worth keeping. */
const MAX_DEBUG_BYTES = 512;

/**
 * From bytes to what they say: cuts frames, checks each one's form (RFC 9113, section 6), joins CONTINUATION frames, and
 * decodes header blocks in their order, whatever becomes of their streams.
 *
 * It awaits SETTINGS, then takes any frame; within an unfinished header block it takes CONTINUATION alone.
 */
export class FrameParser {
  readonly #handler: FrameHandler;
  readonly #decoder: HpackDecoder;
  readonly #maxBlockBytes: number;
  readonly #reader = new FrameReader((...frame) => this.#onFrame(...frame), "in_pieces");
  #hasSettings = false;
  #block:
    | { readonly streamId: number; readonly endStream: boolean; readonly pieces: Buffer[]; bytes: number }
    | undefined;

  constructor(handler: FrameHandler, options: { readonly maxTableBytes: number; readonly maxHeaderListBytes: number }) {
    this.#handler = handler;
    this.#maxBlockBytes = options.maxHeaderListBytes * BLOCK_TO_LIST;
    this.#decoder = new HpackDecoder({
      maxTableBytes: options.maxTableBytes,
      maxListBytes: options.maxHeaderListBytes,
    });
  }

  /** @throws ConnectionError or CompressionError when the connection cannot go on. */
  feed(chunk: Buffer): Keeping {
    return this.#reader.feed(chunk);
  }

  #onFrame(type: number, flags: number, streamId: number, bytes: Buffer, start: number, end: number): Keeping {
    if (!this.#hasSettings && (type !== FRAME.SETTINGS || (flags & FLAG.ACK) !== 0)) {
      throw new ConnectionError("PROTOCOL_ERROR", "the first frame is not SETTINGS"); // section 3.4
    }
    if (this.#block && (type !== FRAME.CONTINUATION || streamId !== this.#block.streamId)) {
      throw new ConnectionError("PROTOCOL_ERROR", "a header block is interrupted"); // section 6.10
    }
    try {
      switch (type) {
        case FRAME.DATA:
          return this.#onData(flags, streamId, bytes, start, end);
        case FRAME.HEADERS:
          this.#onHeaders(flags, streamId, bytes, start, end);
          break;
        case FRAME.PRIORITY:
          this.#onPriority(streamId, bytes, start, end);
          break;
        case FRAME.RST_STREAM:
          this.#onReset(streamId, bytes, start, end);
          break;
        case FRAME.SETTINGS:
          this.#onSettings(flags, streamId, bytes, start, end);
          break;
        case FRAME.PUSH_PROMISE:
          // Section 6.6: a client must not push, and as a client we forbid it (section 8.4).
          throw new ConnectionError("PROTOCOL_ERROR", "PUSH_PROMISE is not allowed");
        case FRAME.PING:
          this.#onPing(flags, streamId, bytes, start, end);
          break;
        case FRAME.GOAWAY:
          this.#onGoaway(streamId, bytes, start, end);
          break;
        case FRAME.WINDOW_UPDATE:
          this.#onWindowUpdate(streamId, bytes, start, end);
          break;
        case FRAME.CONTINUATION:
          this.#onContinuation(flags, bytes, start, end);
          break;
        default:
          this.#handler.onIdleFrame("unknown"); // section 5.5: ignored
      }
    } catch (error) {
      if (!(error instanceof StreamError)) throw error;
      this.#handler.onStreamError(error);
    }
    return "copied";
  }

  /** Section 6.1. */
  #onData(flags: number, streamId: number, bytes: Buffer, start: number, end: number): Keeping {
    assertStream(streamId, "DATA");
    const [from, to] = unpad(flags, bytes, start, end);
    const endStream = (flags & FLAG.END_STREAM) !== 0;
    if (to === from && !endStream) this.#handler.onIdleFrame("empty DATA");
    // A plain view: a Buffer would show itself in the `bytes` fields of messages.
    const content = new Uint8Array(bytes.buffer, bytes.byteOffset + from, to - from);
    return this.#handler.onData(streamId, content, end - start, endStream);
  }

  /** Section 6.2. */
  #onHeaders(flags: number, streamId: number, bytes: Buffer, start: number, end: number): void {
    assertStream(streamId, "HEADERS");
    let [from, to] = unpad(flags, bytes, start, end);
    const endStream = (flags & FLAG.END_STREAM) !== 0;
    const hasPriority = (flags & FLAG.PRIORITY) !== 0;
    const dependency = hasPriority && to - from >= 5 ? bytes.readUInt32BE(from) & MAX_STREAM_ID : 0;
    if (hasPriority) from += 5;
    if (from > to) throw new ConnectionError("FRAME_SIZE_ERROR", "HEADERS without their priority");
    const block = bytes.subarray(from, to);
    if ((flags & FLAG.END_HEADERS) !== 0) this.#onBlock(streamId, block, endStream);
    else this.#block = { streamId, endStream, pieces: [Buffer.from(block)], bytes: block.length };
    if (hasPriority) assertNotOnItself(streamId, dependency);
  }

  /** Section 6.10. */
  #onContinuation(flags: number, bytes: Buffer, start: number, end: number): void {
    const block = this.#block;
    if (!block) throw new ConnectionError("PROTOCOL_ERROR", "CONTINUATION without HEADERS");
    this.#handler.onIdleFrame("CONTINUATION");
    block.pieces.push(Buffer.from(bytes.subarray(start, end)));
    block.bytes += end - start;
    if (block.bytes > this.#maxBlockBytes) {
      throw new ConnectionError("ENHANCE_YOUR_CALM", `a header block is over ${this.#maxBlockBytes} bytes long`);
    }
    if ((flags & FLAG.END_HEADERS) === 0) return;
    this.#block = undefined;
    this.#onBlock(block.streamId, Buffer.concat(block.pieces), block.endStream);
  }

  #onBlock(streamId: number, block: Buffer, endStream: boolean): void {
    this.#handler.onHeaders(streamId, this.#decoder.decode(block), endStream);
  }

  /** Section 6.3: deprecated, and only checked. */
  #onPriority(streamId: number, bytes: Buffer, start: number, end: number): void {
    assertStream(streamId, "PRIORITY");
    this.#handler.onIdleFrame("PRIORITY");
    if (end - start !== 5) throw new StreamError(streamId, "FRAME_SIZE_ERROR", "PRIORITY is not 5 bytes long");
    assertNotOnItself(streamId, bytes.readUInt32BE(start) & MAX_STREAM_ID);
  }

  /** Section 6.4. */
  #onReset(streamId: number, bytes: Buffer, start: number, end: number): void {
    assertStream(streamId, "RST_STREAM");
    assertLength("RST_STREAM", end - start, 4);
    this.#handler.onReset(streamId, bytes.readUInt32BE(start));
  }

  /** Section 6.5. */
  #onSettings(flags: number, streamId: number, bytes: Buffer, start: number, end: number): void {
    assertNoStream(streamId, "SETTINGS");
    if ((flags & FLAG.ACK) !== 0) {
      assertLength("an acknowledgement of SETTINGS", end - start, 0);
      return this.#handler.onSettingsAck();
    }
    if ((end - start) % 6 !== 0) {
      throw new ConnectionError("FRAME_SIZE_ERROR", "SETTINGS are not a multiple of 6 bytes long");
    }
    this.#hasSettings = true;
    this.#handler.onIdleFrame("SETTINGS");
    const settings: [number, number][] = [];
    for (let at = start; at < end; at += 6) settings.push([bytes.readUInt16BE(at), bytes.readUInt32BE(at + 2)]);
    this.#handler.onSettings(settings);
  }

  /** Section 6.7. */
  #onPing(flags: number, streamId: number, bytes: Buffer, start: number, end: number): void {
    assertNoStream(streamId, "PING");
    assertLength("PING", end - start, 8);
    const isAck = (flags & FLAG.ACK) !== 0;
    if (!isAck) this.#handler.onIdleFrame("PING");
    this.#handler.onPing(bytes.subarray(start, end), isAck);
  }

  /** Section 6.8. */
  #onGoaway(streamId: number, bytes: Buffer, start: number, end: number): void {
    assertNoStream(streamId, "GOAWAY");
    if (end - start < 8) throw new ConnectionError("FRAME_SIZE_ERROR", "GOAWAY is shorter than 8 bytes");
    this.#handler.onIdleFrame("GOAWAY");
    const debug = bytes.toString("utf8", start + 8, Math.min(end, start + 8 + MAX_DEBUG_BYTES));
    this.#handler.onGoaway(bytes.readUInt32BE(start) & MAX_STREAM_ID, bytes.readUInt32BE(start + 4), debug);
  }

  /** Section 6.9. */
  #onWindowUpdate(streamId: number, bytes: Buffer, start: number, end: number): void {
    assertLength("WINDOW_UPDATE", end - start, 4);
    this.#handler.onWindowUpdate(streamId, bytes.readUInt32BE(start) & MAX_STREAM_ID);
  }
}

/** Takes the padding off DATA or HEADERS (sections 6.1 and 6.2). */
function unpad(flags: number, bytes: Buffer, start: number, end: number): [from: number, to: number] {
  if ((flags & FLAG.PADDED) === 0) return [start, end];
  if (end === start) throw new ConnectionError("FRAME_SIZE_ERROR", "a padded frame has no pad length");
  const padding = bytes[start] as number;
  if (padding >= end - start) throw new ConnectionError("PROTOCOL_ERROR", "a frame has more padding than content");
  return [start + 1, end - padding];
}

function assertStream(streamId: number, what: string): void {
  if (streamId === 0) throw new ConnectionError("PROTOCOL_ERROR", `${what} on stream 0`);
}

function assertNoStream(streamId: number, what: string): void {
  if (streamId !== 0) throw new ConnectionError("PROTOCOL_ERROR", `${what} on stream ${streamId}`);
}

function assertLength(what: string, bytes: number, expected: number): void {
  if (bytes !== expected) throw new ConnectionError("FRAME_SIZE_ERROR", `${what} is ${bytes} bytes long`);
}

/** RFC 7540, section 5.3.1, for those who still send priorities. */
function assertNotOnItself(streamId: number, dependency: number): void {
  if (dependency === streamId) throw new StreamError(streamId, "PROTOCOL_ERROR", "a stream depends on itself");
}

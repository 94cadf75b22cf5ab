/**
 * Messages on the wire: `compressed (1 byte: 0 or 1) | length (4 bytes, big-endian) | message`.
 * @see https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md (Length-Prefixed-Message)
 */

import { ParleyError } from "@parley/core";
import { hintYoungCollection } from "@parley/wire/internal";

/** What stands before each message. */
export const PREFIX_BYTES = 5;
const GROWTH = 4;
const NOTHING = Buffer.alloc(0);

/** The largest message that is read unless an option says otherwise; the same limit as every other gRPC has. */
export const DEFAULT_MAX_RECEIVE_BYTES = 4 * 1024 * 1024;

/** Fills in the prefix of a message that stands behind room for it. */
export function writePrefix<T extends Uint8Array>(frame: T, compressed: boolean): T {
  const length = frame.length - PREFIX_BYTES;
  frame[0] = compressed ? 1 : 0;
  frame[1] = length >>> 24;
  frame[2] = length >>> 16;
  frame[3] = length >>> 8;
  frame[4] = length;
  return frame;
}

/** One message as it goes out, with its prefix. */
export function encodeFrame(message: Uint8Array, compressed: boolean): Buffer {
  const frame = Buffer.allocUnsafe(PREFIX_BYTES + message.length);
  frame.set(message, PREFIX_BYTES);
  return writePrefix(frame, compressed);
}

/**
 * The message of a chunk that is exactly one message, not compressed and not over the limit: by far the most common chunk, for
 * which no {@link FrameReader} is needed. Undefined for any other.
 */
export function wholeMessage(chunk: Uint8Array, maxBytes: number): Uint8Array | undefined {
  const length = chunk.length - PREFIX_BYTES;
  if (length < 0 || length > maxBytes || chunk[0] !== 0) return undefined;
  const announced =
    (chunk[1] as number) * 0x1000000 +
    (((chunk[2] as number) << 16) | ((chunk[3] as number) << 8) | (chunk[4] as number));
  return announced === length ? chunk.subarray(PREFIX_BYTES) : undefined;
}

/** Told of each message, in order. An object and not a function: its owner is one already, and a closure would be held as long. */
export interface FrameSink {
  onFrame(message: Uint8Array, compressed: boolean): void;
}

/**
 * Cuts a stream of bytes into messages. A message that is too long is refused by its prefix, before any of it is kept; what
 * is kept is never more than one message.
 */
export class FrameReader {
  readonly #maxBytes: number;
  readonly #sink: FrameSink;
  /** The unfinished message, gathered in one buffer: a peer may send it in pieces of a byte. */
  #kept: Buffer = NOTHING;
  #keptBytes = 0;
  /** How many bytes the piece at the head needs: a prefix, or a prefix and its message. */
  #wanted = PREFIX_BYTES;

  constructor(maxBytes: number, sink: FrameSink) {
    this.#maxBytes = maxBytes;
    this.#sink = sink;
  }

  /** True if the stream ended here within a message. */
  get partial(): boolean {
    return this.#keptBytes > 0;
  }

  /**
   * Answers whether a message that was told is a view of the chunk.
   * @throws ParleyError RESOURCE_EXHAUSTED for a message over the limit, INTERNAL for a malformed prefix.
   */
  push(chunk: Uint8Array): "kept" | "copied" {
    let bytes = chunk;
    if (this.#keptBytes > 0) {
      this.#keep(chunk);
      if (this.#keptBytes < this.#wanted) return "copied";
      bytes = this.#kept.subarray(0, this.#keptBytes);
      this.#kept = NOTHING;
      this.#keptBytes = 0;
    }
    let at = 0;
    while (bytes.length - at >= PREFIX_BYTES) {
      const end = at + PREFIX_BYTES + this.#lengthAt(bytes, at);
      if (end > bytes.length) {
        this.#wanted = end - at;
        break;
      }
      this.#sink.onFrame(bytes.subarray(at + PREFIX_BYTES, end), bytes[at] === 1);
      at = end;
      this.#wanted = PREFIX_BYTES;
    }
    if (at < bytes.length) this.#keep(bytes.subarray(at));
    return at === 0 || bytes !== chunk ? "copied" : "kept";
  }

  /**
   * Grows fourfold: what is held is at most four times what has come, whatever length the prefix promises; and of a large
   * message only a third is copied more than once.
   */
  #keep(chunk: Uint8Array): void {
    const needed = this.#keptBytes + chunk.length;
    if (needed > this.#kept.length) {
      const size = Math.max(needed, this.#grown(needed));
      // One step ahead, so that what was before is gone by the time that this is there.
      hintYoungCollection(this.#grown(size) - this.#grown(this.#kept.length));
      const larger = Buffer.allocUnsafeSlow(size);
      larger.set(this.#kept.subarray(0, this.#keptBytes));
      if (this.#keptBytes > 0) (this.#kept.buffer as ArrayBuffer).transfer(0); // not left to the garbage collector, as it is large
      this.#kept = larger;
    }
    this.#kept.set(chunk, this.#keptBytes);
    this.#keptBytes = needed;
  }

  #grown(bytes: number): number {
    return Math.min(this.#wanted, bytes * GROWTH);
  }

  #lengthAt(bytes: Uint8Array, at: number): number {
    const flag = bytes[at] ?? 0;
    if (flag > 1) throw new ParleyError("INTERNAL", `a message begins with flag ${flag}, which must be 0 or 1`);
    let length = 0;
    for (let digit = at + 1; digit < at + PREFIX_BYTES; digit += 1) length = length * 256 + (bytes[digit] ?? 0);
    if (length > this.#maxBytes) {
      throw new ParleyError(
        "RESOURCE_EXHAUSTED",
        `a message of ${length} bytes is over the limit of ${this.#maxBytes} bytes`,
      );
    }
    return length;
  }
}

import { FRAME_HEADER_BYTES, MAX_FRAME_BYTES } from "./frame-types.ts";
import { ConnectionError } from "./http2-error.ts";

/** Takes one frame; its payload lies in `bytes` from `start` to `end`. */
export type OnFrame = (
  type: number,
  flags: number,
  streamId: number,
  bytes: Buffer,
  start: number,
  end: number,
) => void;

/**
 * Cuts what the socket delivers into frames (RFC 9113, section 4.1). Frames that arrive whole are not copied; what is
 * kept of an unfinished one is bounded by the largest frame.
 */
export class FrameReader {
  readonly #onFrame: OnFrame;
  /** The unfinished frame, from its first octet; of a frame's size once that is known. */
  #rest: Buffer = NOTHING;
  #restBytes = 0;

  constructor(onFrame: OnFrame) {
    this.#onFrame = onFrame;
  }

  /** @throws ConnectionError FRAME_SIZE_ERROR for a frame larger than we allow, and whatever the frame's taker throws. */
  feed(chunk: Buffer): void {
    let at = this.#restBytes > 0 ? this.#complete(chunk) : 0;
    while (chunk.length - at >= FRAME_HEADER_BYTES) {
      const end = at + frameBytes(chunk, at);
      if (end > chunk.length) break;
      this.#emit(chunk, at, end);
      at = end;
    }
    if (at < chunk.length) this.#keep(chunk.subarray(at));
  }

  /** Fills up the unfinished frame; answers how much of the chunk that took. */
  #complete(chunk: Buffer): number {
    let at = 0;
    if (this.#restBytes < FRAME_HEADER_BYTES) {
      at = Math.min(chunk.length, FRAME_HEADER_BYTES - this.#restBytes);
      this.#keep(chunk.subarray(0, at));
      if (this.#restBytes < FRAME_HEADER_BYTES) return at;
    }
    const missing = frameBytes(this.#rest, 0) - this.#restBytes;
    const taken = Math.min(missing, chunk.length - at);
    this.#keep(chunk.subarray(at, at + taken));
    if (taken === missing) {
      const frame = this.#rest;
      this.#rest = NOTHING;
      this.#restBytes = 0;
      this.#emit(frame, 0, frame.length);
    }
    return at + taken;
  }

  #keep(piece: Buffer): void {
    const bytes = this.#restBytes + piece.length;
    if (bytes > this.#rest.length || this.#restBytes < FRAME_HEADER_BYTES) {
      const start = Buffer.concat([this.#rest.subarray(0, this.#restBytes), piece]);
      this.#rest = start.length < FRAME_HEADER_BYTES ? start : Buffer.allocUnsafeSlow(frameBytes(start, 0));
      start.copy(this.#rest);
    } else {
      piece.copy(this.#rest, this.#restBytes);
    }
    this.#restBytes = bytes;
  }

  #emit(bytes: Buffer, at: number, end: number): void {
    // The highest bit of the stream id is reserved and ignored.
    const streamId = bytes.readUInt32BE(at + 5) & 0x7fffffff;
    const start = at + FRAME_HEADER_BYTES;
    this.#onFrame(bytes[at + 3] as number, bytes[at + 4] as number, streamId, bytes, start, end);
  }
}

const NOTHING = Buffer.alloc(0);

/** The size of the frame whose header stands there, its header included. */
function frameBytes(bytes: Buffer, at: number): number {
  const length = ((bytes[at] as number) << 16) | ((bytes[at + 1] as number) << 8) | (bytes[at + 2] as number);
  if (length <= MAX_FRAME_BYTES) return FRAME_HEADER_BYTES + length;
  throw new ConnectionError("FRAME_SIZE_ERROR", `a frame of ${length} octets is over the ${MAX_FRAME_BYTES} allowed`);
}

import type { Keeping } from "../http2.ts";
import { FLAG, FRAME, FRAME_HEADER_BYTES, MAX_FRAME_BYTES } from "./frame-types.ts";
import { ConnectionError } from "./http2-error.ts";

/** Takes one frame; its payload lies in `bytes` from `start` to `end`. */
export type OnFrame = (
  type: number,
  flags: number,
  streamId: number,
  bytes: Buffer,
  start: number,
  end: number,
) => Keeping;

/**
 * Cuts what the socket delivers into frames (RFC 9113, section 4.1). Frames that arrive whole are not copied; what is
 * kept of an unfinished one is bounded by the largest frame.
 *
 * With `"in_pieces"`, DATA that arrives in pieces is told as so many frames of DATA, which mean the same: only the last may end
 * the stream. Nothing of a large message is then gathered here, to be copied again above. Padded DATA is told whole.
 */
export class FrameReader {
  readonly #onFrame: OnFrame;
  readonly #data: "whole" | "in_pieces";
  /** The unfinished frame, from its first byte; of a frame's size once that is known. */
  #rest: Buffer = NOTHING;
  #restBytes = 0;
  /** The DATA that is being told in pieces, and how much of it is still to come. */
  #flags = 0;
  #streamId = 0;
  #leftBytes = 0;

  constructor(onFrame: OnFrame, data: "whole" | "in_pieces" = "whole") {
    this.#onFrame = onFrame;
    this.#data = data;
  }

  /**
   * Answers whether anyone keeps a view of the chunk.
   * @throws ConnectionError FRAME_SIZE_ERROR for a frame larger than we allow, and whatever the frame's taker throws.
   */
  feed(chunk: Buffer): Keeping {
    let keeping: Keeping = "copied";
    let at = this.#restBytes > 0 ? this.#complete(chunk) : 0;
    while (at < chunk.length) {
      let end: number;
      let told: Keeping;
      if (this.#leftBytes > 0) {
        end = Math.min(chunk.length, at + this.#leftBytes);
        told = this.#emitPiece(chunk, at, end);
      } else {
        if (chunk.length - at < FRAME_HEADER_BYTES) break;
        if (this.#begins(chunk, at)) {
          at += FRAME_HEADER_BYTES;
          continue;
        }
        end = at + frameBytes(chunk, at);
        if (end > chunk.length) break;
        told = this.#emit(chunk, at, end);
      }
      if (told === "kept") keeping = "kept";
      at = end;
    }
    if (at < chunk.length) this.#keep(chunk.subarray(at));
    return keeping;
  }

  /** Begins DATA that is told in pieces, if that is what stands there: not empty, and not padded. */
  #begins(bytes: Buffer, at: number): boolean {
    if (bytes[at + 3] !== FRAME.DATA || this.#data === "whole" || ((bytes[at + 4] as number) & FLAG.PADDED) !== 0)
      return false;
    this.#flags = bytes[at + 4] as number;
    this.#streamId = streamIdAt(bytes, at);
    this.#leftBytes = frameBytes(bytes, at) - FRAME_HEADER_BYTES;
    return this.#leftBytes > 0;
  }

  #emitPiece(bytes: Buffer, start: number, end: number): Keeping {
    this.#leftBytes -= end - start;
    const flags = this.#leftBytes > 0 ? this.#flags & ~FLAG.END_STREAM : this.#flags;
    return this.#onFrame(FRAME.DATA, flags, this.#streamId, bytes, start, end);
  }

  /** Fills up the unfinished frame; answers how much of the chunk that took. */
  #complete(chunk: Buffer): number {
    let at = 0;
    if (this.#restBytes < FRAME_HEADER_BYTES) {
      at = Math.min(chunk.length, FRAME_HEADER_BYTES - this.#restBytes);
      this.#keep(chunk.subarray(0, at));
      if (this.#restBytes < FRAME_HEADER_BYTES) return at;
      if (this.#begins(this.#rest, 0)) {
        this.#forgetRest();
        return at;
      }
    }
    const missing = frameBytes(this.#rest, 0) - this.#restBytes;
    const taken = Math.min(missing, chunk.length - at);
    this.#keep(chunk.subarray(at, at + taken));
    if (taken === missing) {
      const frame = this.#rest;
      this.#forgetRest();
      this.#emit(frame, 0, frame.length);
    }
    return at + taken;
  }

  #forgetRest(): void {
    this.#rest = NOTHING;
    this.#restBytes = 0;
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

  #emit(bytes: Buffer, at: number, end: number): Keeping {
    const start = at + FRAME_HEADER_BYTES;
    return this.#onFrame(bytes[at + 3] as number, bytes[at + 4] as number, streamIdAt(bytes, at), bytes, start, end);
  }
}

const NOTHING = Buffer.alloc(0);

/** The highest bit of the stream id is reserved and ignored. */
function streamIdAt(bytes: Buffer, at: number): number {
  return bytes.readUInt32BE(at + 5) & 0x7fffffff;
}

/** The size of the frame whose header stands there, its header included. */
function frameBytes(bytes: Buffer, at: number): number {
  const length = ((bytes[at] as number) << 16) | ((bytes[at + 1] as number) << 8) | (bytes[at + 2] as number);
  if (length <= MAX_FRAME_BYTES) return FRAME_HEADER_BYTES + length;
  throw new ConnectionError("FRAME_SIZE_ERROR", `a frame of ${length} bytes is over the ${MAX_FRAME_BYTES} allowed`);
}

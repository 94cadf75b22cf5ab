/** Below this, copying a string byte by byte beats the call into native code (measured: about 24 bytes). */
const SHORT_STRING = 24;

const NO_SLAB = Buffer.alloc(0);
const NO_PIECES: readonly Buffer[] = [];

/** The rest of a slab is worth passing on if it has this much room. */
const USEFUL_BYTES = 1_024;
/** So many rests are kept; as many connections write in one turn without a new slab. */
const MAX_RESTS = 64;

/** Rests of slabs that nobody writes into. Shared by all connections, so that one which is idle holds none. */
const rests: Buffer[] = [];

/**
 * Bytes on their way out, gathered in slabs. Everything that is written in one turn of the event loop leaves in few
 * system calls; no part of a slab is used twice, so the socket may keep what it is given.
 */
export class ByteWriter {
  readonly #slabBytes: number;
  #slab: Buffer = NO_SLAB;
  /** Where the bytes that were not taken yet begin, and where the next one goes. */
  #start = 0;
  #at = 0;
  #full: Buffer[] | undefined;
  #fullBytes = 0;
  /** Where the payload of the frame that was begun last starts. */
  #frameSlab: Buffer = NO_SLAB;
  #frameAt = 0;
  #frameLength = 0;

  constructor(slabBytes = 32_768) {
    this.#slabBytes = slabBytes;
  }

  /** Bytes written and not taken. */
  get length(): number {
    return this.#fullBytes + this.#at - this.#start;
  }

  byte(value: number): void {
    if (this.#at === this.#slab.length) this.#turn(1);
    this.#slab[this.#at++] = value;
  }

  uint32(value: number): void {
    this.#reserve(4);
    this.#at = this.#slab.writeUInt32BE(value >>> 0, this.#at);
  }

  latin1(text: string): void {
    this.#reserve(text.length);
    if (text.length > SHORT_STRING) {
      this.#at += this.#slab.write(text, this.#at, "latin1");
    } else {
      for (let index = 0; index < text.length; index++) this.#slab[this.#at++] = text.charCodeAt(index);
    }
  }

  /** Copies what is short; takes what is long as it is, so it must not change afterwards. */
  bytes(bytes: Uint8Array): void {
    if (bytes.length > this.#slabBytes / 4) {
      this.#seal();
      this.#push(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
      return;
    }
    this.#reserve(bytes.length);
    this.#slab.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  /** Section 4.1 of RFC 9113: the nine bytes before every frame. */
  frameHeader(length: number, type: number, flags: number, streamId: number): void {
    this.#reserve(9);
    const slab = this.#slab;
    let at = this.#at;
    slab[at++] = length >>> 16;
    slab[at++] = length >>> 8;
    slab[at++] = length;
    slab[at++] = type;
    slab[at++] = flags;
    slab[at++] = streamId >>> 24;
    slab[at++] = streamId >>> 16;
    slab[at++] = streamId >>> 8;
    slab[at++] = streamId;
    this.#at = at;
  }

  /** Begins a frame whose length is not known yet; {@link endFrame} fills it in. */
  beginFrame(type: number, flags: number, streamId: number): void {
    this.frameHeader(0, type, flags, streamId);
    this.#frameSlab = this.#slab;
    this.#frameAt = this.#at;
    this.#frameLength = this.length;
  }

  /** Ends what {@link beginFrame} began. Nothing may have been taken in between. */
  endFrame(): void {
    const length = this.length - this.#frameLength;
    this.#frameSlab[this.#frameAt - 9] = length >>> 16;
    this.#frameSlab[this.#frameAt - 8] = length >>> 8;
    this.#frameSlab[this.#frameAt - 7] = length;
  }

  /** Takes everything written so far, as few pieces as can be. */
  take(): readonly Buffer[] {
    this.#seal();
    this.#passOn();
    const full = this.#full ?? NO_PIECES;
    this.#full = undefined;
    this.#fullBytes = 0;
    return full;
  }

  #passOn(): void {
    if (this.#slab.length - this.#at >= USEFUL_BYTES && rests.length < MAX_RESTS)
      rests.push(this.#slab.subarray(this.#at));
    this.#slab = NO_SLAB;
    this.#frameSlab = NO_SLAB;
    this.#start = 0;
    this.#at = 0;
  }

  #reserve(bytes: number): void {
    if (this.#at + bytes > this.#slab.length) this.#turn(bytes);
  }

  #turn(bytes: number): void {
    this.#seal();
    const rest = bytes <= USEFUL_BYTES ? rests.pop() : undefined;
    this.#slab = rest ?? Buffer.allocUnsafeSlow(Math.max(this.#slabBytes, bytes));
    this.#start = 0;
    this.#at = 0;
  }

  #seal(): void {
    if (this.#at === this.#start) return;
    this.#push(this.#slab.subarray(this.#start, this.#at));
    this.#start = this.#at;
  }

  #push(piece: Buffer): void {
    this.#full ??= [];
    this.#full.push(piece);
    this.#fullBytes += piece.length;
  }
}

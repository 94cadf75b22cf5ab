import { acquireBuffer, releaseBuffer } from "@parley/wire/internal";

/** Messages are written into slabs of this size, each slab once; what is larger gets one of its own. */
const SLAB_BYTES = 32_768;
/** Fields of bytes from this length on are not copied twice: they wait beside the slab until the message is put together. */
const LARGE_BYTES = 4_096;
/** Below this, copying a string byte by byte beats the call into native code (measured: about 24 bytes). */
const SHORT_STRING = 24;

const NOTHING = Buffer.alloc(0);

interface LargeField {
  /** Before which byte of the slab it belongs. */
  at: number;
  readonly bytes: Uint8Array;
}

/**
 * Where compiled writers put a message: protobuf's wire format, one method for each kind of value.
 * @see https://protobuf.dev/programming-guides/encoding/
 */
export class ByteSink {
  #slab: Buffer = NOTHING;
  #view: DataView = new DataView(NOTHING.buffer);
  /** Where the message begins. */
  #start = 0;
  #at = 0;
  /** Of each thing that is open, where it begins and how many large bytes were before it. */
  readonly #opened: number[] = [];
  readonly #large: LargeField[] = [];
  #largeBytes = 0;

  /** Begins a message, behind `headroom` bytes that its owner fills in. */
  begin(headroom: number): void {
    if (this.#opened.length > 0 || this.#large.length > 0) this.#forget(); // the last one was given up
    this.#at = this.#start;
    this.#room(headroom);
    this.#at += headroom;
  }

  /** The message that was begun last, headroom included. */
  finish(): Buffer {
    if (this.#largeBytes > 0) return this.#joined();
    const message = this.#slab.subarray(this.#start, this.#at);
    if (this.#slab.length === SLAB_BYTES) this.#start = this.#at;
    else this.#useSlab(NOTHING); // one of its own, which it alone keeps
    return message;
  }

  varint(value: number): void {
    this.#room(5);
    const slab = this.#slab;
    let rest = value;
    let at = this.#at;
    while (rest > 0x7f) {
      slab[at++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    slab[at++] = rest;
    this.#at = at;
  }

  int32(value: number): void {
    if (value >= 0) this.varint(value);
    else this.#varint64(value >>> 0, 0xffffffff); // sign-extended to 64 bits
  }

  sint32(value: number): void {
    this.varint(((value << 1) ^ (value >> 31)) >>> 0);
  }

  int64(value: bigint): void {
    if (value >= 0n && value <= 0x7fffffffn) this.varint(Number(value));
    else this.#varint64(Number(BigInt.asUintN(32, value)), Number(BigInt.asUintN(32, value >> 32n)));
  }

  sint64(value: bigint): void {
    this.int64(BigInt.asUintN(64, (value << 1n) ^ (value >> 63n)));
  }

  fixed32(value: number): void {
    this.#room(4);
    this.#view.setUint32(this.#at, value, true);
    this.#at += 4;
  }

  fixed64(value: bigint): void {
    this.#room(8);
    this.#view.setBigUint64(this.#at, BigInt.asUintN(64, value), true);
    this.#at += 8;
  }

  float(value: number): void {
    this.#room(4);
    this.#view.setFloat32(this.#at, value, true);
    this.#at += 4;
  }

  double(value: number): void {
    this.#room(8);
    this.#view.setFloat64(this.#at, value, true);
    this.#at += 8;
  }

  string(value: string): void {
    const { length } = value;
    if (length > SHORT_STRING || !this.#shortAscii(value)) this.#text(value);
  }

  bytes(value: Uint8Array): void {
    this.varint(value.length);
    if (value.length >= LARGE_BYTES) {
      this.#large.push({ at: this.#at, bytes: value });
      this.#largeBytes += value.length;
      return;
    }
    this.#room(value.length);
    this.#slab.set(value, this.#at);
    this.#at += value.length;
  }

  /** Begins something whose length stands before it, up to `close`. */
  open(): void {
    this.#room(1);
    this.#at += 1; // as most are shorter than 128 bytes
    this.#opened.push(this.#at - this.#start, this.#largeBytes);
  }

  close(): void {
    const largeBefore = this.#opened.pop() as number;
    const offset = this.#opened.pop() as number;
    const length = this.#at - this.#start - offset + this.#largeBytes - largeBefore;
    if (length < 0x80) {
      this.#slab[this.#start + offset - 1] = length;
      return;
    }
    const more = prefixBytes(length) - 1;
    this.#room(more);
    const begin = this.#start + offset;
    this.#slab.copyWithin(begin + more, begin, this.#at);
    for (const field of this.#large) if (field.at >= begin) field.at += more;
    const end = this.#at + more;
    this.#at = begin - 1;
    this.varint(length);
    this.#at = end;
  }

  #shortAscii(value: string): boolean {
    const { length } = value;
    this.#room(length + 1);
    const slab = this.#slab;
    let at = this.#at;
    slab[at++] = length;
    for (let index = 0; index < length; index++) {
      const code = value.charCodeAt(index);
      if (code > 0x7f) return false;
      slab[at++] = code;
    }
    this.#at = at;
    return true;
  }

  #text(value: string): void {
    this.#room(value.length * 3 + 5);
    // The length in bytes is that in characters for most texts, so its prefix is as long.
    const guess = prefixBytes(value.length);
    const written = this.#slab.write(value, this.#at + guess, "utf8");
    const prefix = prefixBytes(written);
    if (prefix !== guess) {
      this.#slab.copyWithin(this.#at + prefix, this.#at + guess, this.#at + guess + written);
    }
    this.varint(written);
    this.#at += written;
  }

  #varint64(low: number, high: number): void {
    this.#room(10);
    const slab = this.#slab;
    let [lo, hi, at] = [low, high, this.#at];
    while (hi > 0 || lo > 0x7f) {
      slab[at++] = (lo & 0x7f) | 0x80;
      lo = ((lo >>> 7) | (hi << 25)) >>> 0;
      hi >>>= 7;
    }
    slab[at++] = lo;
    this.#at = at;
  }

  #room(bytes: number): void {
    if (this.#at + bytes <= this.#slab.length) return;
    const written = this.#at - this.#start;
    const needed = written + bytes;
    const slab = acquireBuffer(needed <= SLAB_BYTES ? SLAB_BYTES : needed * 2);
    slab.set(this.#slab.subarray(this.#start, this.#at));
    releaseBuffer(this.#slab.buffer);
    for (const field of this.#large) field.at -= this.#start;
    this.#useSlab(slab);
    this.#at = written;
  }

  #useSlab(slab: Buffer): void {
    this.#slab = slab;
    this.#view = new DataView(slab.buffer, slab.byteOffset, slab.byteLength);
    this.#start = 0;
    this.#at = 0;
  }

  #forget(): void {
    this.#opened.length = 0;
    this.#large.length = 0;
    this.#largeBytes = 0;
  }

  #joined(): Buffer {
    const message = acquireBuffer(this.#at - this.#start + this.#largeBytes);
    let [from, to] = [this.#start, 0];
    for (const { at, bytes } of this.#large) {
      to += this.#slab.copy(message, to, from, at);
      message.set(bytes, to);
      to += bytes.length;
      from = at;
    }
    this.#slab.copy(message, to, from, this.#at);
    this.#forget();
    return message;
  }
}

function prefixBytes(length: number): number {
  return length < 0x80 ? 1 : length < 0x4000 ? 2 : length < 0x200000 ? 3 : length < 0x10000000 ? 4 : 5;
}

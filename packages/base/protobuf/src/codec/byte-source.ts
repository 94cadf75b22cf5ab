/** Up to this length a text is looked through for bytes that are not ASCII before it is made a string. */
const SHORT_TEXT = 64;
const REPLACEMENT = "\uFFFD";

type Reader<T> = (this: Uint8Array, at: number) => T;

/** Buffer's own readers, which serve any array of bytes: a DataView for each message would cost ten times as much. */
interface BufferReaders {
  latin1Slice(this: Uint8Array, start: number, end: number): string;
  utf8Slice(this: Uint8Array, start: number, end: number): string;
  readonly readDoubleLE: Reader<number>;
  readonly readFloatLE: Reader<number>;
  readonly readInt32LE: Reader<number>;
  readonly readUInt32LE: Reader<number>;
  readonly readBigInt64LE: Reader<bigint>;
  readonly readBigUInt64LE: Reader<bigint>;
}

const readers = Buffer.prototype as unknown as BufferReaders;
const { latin1Slice, utf8Slice } = readers;

/** The readers of values of a fixed length, by their names in compiled code. */
export const FIXED_READERS = {
  double: readers.readDoubleLE,
  float: readers.readFloatLE,
  int32: readers.readInt32LE,
  uint32: readers.readUInt32LE,
  int64: readers.readBigInt64LE,
  uint64: readers.readBigUInt64LE,
} as const;

/**
 * What compiled readers take a message from. What is malformed, or could be read in more than one way, is not read: the
 * methods answer -1 or undefined, and the message is left to protobuf-es.
 */
export class ByteSource {
  at = 0;
  /** How many messages are being read within each other. */
  depth = 0;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get length(): number {
    return this.#bytes.length;
  }

  /** 32 bits of a varint without a sign; of a longer one the lower, as is the rule. -1 if it does not end. */
  varint(): number {
    const bytes = this.#bytes;
    let at = this.at;
    let byte = bytes[at++] as number;
    let value = byte & 0x7f;
    for (let shift = 7; byte >= 0x80; shift += 7) {
      if (shift > 63) return -1;
      byte = bytes[at++] as number;
      if (shift < 28) value |= (byte & 0x7f) << shift;
      else if (shift === 28) value |= (byte & 0x0f) << 28;
    }
    this.at = at;
    return at > bytes.length ? -1 : value >>> 0;
  }

  /**
   * What stands before a field. -1 if it is longer than the 32 bits of a tag: its lower bits must not pass for those of a known
   * field.
   */
  tag(): number {
    const bytes = this.#bytes;
    const first = bytes[this.at] as number;
    if (first < 0x80) {
      this.at += 1;
      return first;
    }
    const start = this.at;
    const tag = this.varint();
    const length = this.at - start;
    return length < 5 || (length === 5 && (bytes[this.at - 1] as number) <= 0x0f) ? tag : -1;
  }

  /** A truth value, true for any number but 0; undefined for one of several bytes, of which all 64 bits count. */
  bool(): boolean | undefined {
    const byte = this.#bytes[this.at++];
    return byte === undefined || byte >= 0x80 ? undefined : byte !== 0;
  }

  /** A varint of 64 bits without a sign. */
  varint64(): bigint | undefined {
    const bytes = this.#bytes;
    let [low, high, at] = [0, 0, this.at];
    let byte = 0x80;
    for (let index = 0; byte >= 0x80; index += 1) {
      if (index > 8) return undefined; // a tenth byte holds a single bit: rare, and for others to judge
      byte = bytes[at++] as number;
      if (index < 4) low |= (byte & 0x7f) << (index * 7);
      else if (index === 4) {
        low |= (byte & 0x0f) << 28;
        high = (byte & 0x70) >> 4;
      } else high |= (byte & 0x7f) << (index * 7 - 32);
    }
    this.at = at;
    if (at > bytes.length) return undefined;
    return high === 0 ? BigInt(low >>> 0) : (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
  }

  string(): string | undefined {
    const bytes = this.#bytes;
    const length = this.varint();
    const start = this.at;
    const end = start + length;
    if (length < 0 || end > bytes.length) return undefined;
    this.at = end;
    if (length === 0) return "";
    if (length <= SHORT_TEXT) {
      let at = start;
      while (at < end && (bytes[at] as number) < 0x80) at += 1;
      if (at === end) return latin1Slice.call(bytes, start, end);
    }
    const text = utf8Slice.call(bytes, start, end);
    return text.includes(REPLACEMENT) ? undefined : text; // it may stand for bytes that are no UTF-8
  }

  /** A view, as large as the field. */
  bytes(): Uint8Array | undefined {
    const length = this.varint();
    const start = this.at;
    if (length < 0 || start + length > this.#bytes.length) return undefined;
    this.at = start + length;
    return this.#bytes.subarray(start, this.at);
  }

  /** What is four or eight bytes long, read by a reader of {@link FIXED_READERS}. */
  fixed<T>(bytes: 4 | 8, read: (this: Uint8Array, at: number) => T): T | undefined {
    const start = this.at;
    this.at += bytes;
    return this.at > this.#bytes.length ? undefined : read.call(this.#bytes, start);
  }
}

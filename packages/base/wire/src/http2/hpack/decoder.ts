import { nameFault } from "../field-rules.ts";
import type { HeaderList } from "../http2.ts";
import { type CheckedEntry, checkedEntry, entryForTable } from "./checked-entry.ts";
import { CompressionError } from "./compression-error.ts";
import { DynamicTable, entryBytes } from "./dynamic-table.ts";
import { decodeHuffman } from "./huffman.ts";
import { STATIC_ENTRIES, STATIC_TABLE } from "./static-table.ts";
import { sharedName } from "./unrepeated.ts";

export interface HpackDecoderOptions {
  /** SETTINGS_HEADER_TABLE_SIZE that we announced: the most the peer's encoder may use. */
  readonly maxTableBytes: number;
  /** Header lists over this size, counted as in RFC 9113 section 6.5.2, are decoded but not kept. */
  readonly maxListBytes: number;
}

/** What a block says. */
export interface DecodedBlock {
  /** Names and values in turn; undefined if the list is larger than allowed. */
  readonly headers: HeaderList | undefined;
  /** What is wrong with the first field that may not be in a list. */
  readonly fault: string | undefined;
}

const STATIC_FIELDS: readonly CheckedEntry[] = Array.from({ length: STATIC_ENTRIES }, (_, index) => {
  const [name = "", value = ""] = STATIC_TABLE.slice(index * 2);
  return checkedEntry(name, value);
});

/** No integer of a header block is larger than this; a larger one is an attack or a defect. */
const MAX_INTEGER = 2 ** 28;

/** Blocks of up to this many bytes, each a field of the tables, are remembered whole: responses and trailers are such. */
const SHORT_BLOCK = 6;
const MAX_REMEMBERED = 64;

const NOTHING = Buffer.alloc(0);

/**
 * Decodes header blocks (RFC 7541). One per connection and direction, fed in the order of the wire, each block whole.
 */
export class HpackDecoder {
  readonly #table: DynamicTable<CheckedEntry>;
  readonly #options: HpackDecoderOptions;
  /** By the bytes of a short block, as a number. Good while the table is at this version. Made for the first. */
  #remembered: Map<number, DecodedBlock> | undefined;
  #rememberedAt = 0;
  #bytes: Buffer = NOTHING;
  #at = 0;
  #end = 0;

  constructor(options: HpackDecoderOptions) {
    this.#options = options;
    this.#table = new DynamicTable(options.maxTableBytes);
  }

  /**
   * The state stays right also if the list is too large.
   * @throws CompressionError if the block is malformed: the connection cannot go on.
   */
  decode(block: Buffer): DecodedBlock {
    const key = shortBlockKey(block);
    if (key < 0) return this.#decode(block);
    this.#remembered ??= new Map();
    if (this.#rememberedAt !== this.#table.version || this.#remembered.size === MAX_REMEMBERED) {
      this.#remembered.clear();
      this.#rememberedAt = this.#table.version;
    }
    let decoded = this.#remembered.get(key);
    if (!decoded) {
      decoded = this.#decode(block);
      this.#remembered.set(key, decoded);
    }
    return decoded;
  }

  #decode(block: Buffer): DecodedBlock {
    this.#bytes = block;
    this.#at = 0;
    this.#end = block.length;
    const list: string[] = [];
    let listBytes = 0;
    let fault: string | undefined;
    let beforeFields = true;
    while (this.#at < this.#end) {
      const byte = block[this.#at] as number;
      if ((byte & 0xe0) === 0x20) {
        // Section 4.2: size updates stand at the beginning of a block.
        if (!beforeFields) throw new CompressionError("a table size update stands behind a field");
        this.#resize();
        continue;
      }
      beforeFields = false;
      const entry = byte >= 0x80 ? this.#entryAt(this.#integer(0x7f)) : this.#literal(byte >= 0x40);
      fault ??= entry.fault;
      listBytes += entryBytes(entry.name, entry.value);
      if (listBytes <= this.#options.maxListBytes) list.push(entry.name, entry.value);
    }
    this.#bytes = NOTHING;
    return { headers: listBytes <= this.#options.maxListBytes ? list : undefined, fault };
  }

  /** Section 6.2. */
  #literal(indexed: boolean): CheckedEntry {
    const index = this.#integer(indexed ? 0x3f : 0x0f);
    const named = index === 0 ? undefined : this.#entryAt(index);
    const name = named ? named.name : sharedName(this.#string());
    const value = this.#string();
    const ofName = named ? named.nameFault : nameFault(name);
    if (!indexed) return checkedEntry(name, value, ofName);
    const entry = entryForTable(name, value, ofName);
    this.#table.insert(entry);
    return entry;
  }

  #resize(): void {
    const maxBytes = this.#integer(0x1f);
    if (maxBytes > this.#options.maxTableBytes) {
      throw new CompressionError(`the table was sized ${maxBytes}, over the ${this.#options.maxTableBytes} allowed`);
    }
    this.#table.resize(maxBytes);
  }

  #entryAt(index: number): CheckedEntry {
    if (index === 0) throw new CompressionError("an indexed field has the index 0");
    const entry = index <= STATIC_ENTRIES ? STATIC_FIELDS[index - 1] : this.#table.at(index - STATIC_ENTRIES - 1);
    if (!entry) throw new CompressionError(`no entry has the index ${index}`);
    return entry;
  }

  /** Section 5.1: an integer whose first byte has the bits of `mask` for it. */
  #integer(mask: number): number {
    let value = this.#byte() & mask;
    if (value < mask) return value;
    for (let shift = 1; ; shift *= 128) {
      const byte = this.#byte();
      value += (byte & 0x7f) * shift;
      if (value > MAX_INTEGER || shift > MAX_INTEGER) throw new CompressionError("an integer is too large");
      if (byte < 0x80) return value;
    }
  }

  /** Section 5.2. */
  #string(): string {
    const isHuffman = this.#at < this.#end && (this.#bytes[this.#at] as number) >= 0x80;
    const length = this.#integer(0x7f);
    const start = this.#at;
    this.#at += length;
    if (this.#at > this.#end) throw new CompressionError("a string reaches past the end of its block");
    return isHuffman ? decodeHuffman(this.#bytes, start, this.#at) : this.#bytes.toString("latin1", start, this.#at);
  }

  #byte(): number {
    if (this.#at >= this.#end) throw new CompressionError("a header block ends in the middle of a field");
    return this.#bytes[this.#at++] as number;
  }
}

/** The bytes as one number, if each is an indexed field (section 6.1) whose index is in that byte alone; else -1. */
function shortBlockKey(block: Buffer): number {
  if (block.length > SHORT_BLOCK || block.length === 0) return -1;
  let key = 0;
  for (let at = 0; at < block.length; at += 1) {
    const byte = block[at] as number;
    if (byte <= 0x80 || byte === 0xff) return -1;
    key = key * 256 + byte;
  }
  return key;
}

import { CompressionError } from "./compression-error.ts";
import { DynamicTable, entryBytes } from "./dynamic-table.ts";
import { decodeHuffman } from "./huffman.ts";
import { STATIC_ENTRIES, STATIC_TABLE } from "./static-table.ts";

export interface HpackDecoderOptions {
  /** SETTINGS_HEADER_TABLE_SIZE that we announced: the most the peer's encoder may use. */
  readonly maxTableBytes: number;
  /** Header lists over this size, counted as in RFC 9113 section 6.5.2, are decoded but not kept. */
  readonly maxListBytes: number;
}

/** No integer of a header block is larger than this; a larger one is an attack or a defect. */
const MAX_INTEGER = 2 ** 28;

/**
 * Decodes header blocks (RFC 7541). One per connection and direction, fed in the order of the wire, each block whole.
 */
export class HpackDecoder {
  readonly #table: DynamicTable;
  readonly #options: HpackDecoderOptions;
  #bytes: Buffer = Buffer.alloc(0);
  #at = 0;
  #end = 0;

  constructor(options: HpackDecoderOptions) {
    this.#options = options;
    this.#table = new DynamicTable(options.maxTableBytes);
  }

  /**
   * Names and values in turn; undefined if the list is larger than allowed. The state stays right either way.
   * @throws CompressionError if the block is malformed: the connection cannot go on.
   */
  decode(block: Buffer): string[] | undefined {
    this.#bytes = block;
    this.#at = 0;
    this.#end = block.length;
    const list: string[] = [];
    let listBytes = 0;
    let beforeFields = true;
    while (this.#at < this.#end) {
      const octet = block[this.#at] as number;
      if ((octet & 0xe0) === 0x20) {
        // Section 4.2: size updates stand at the beginning of a block.
        if (!beforeFields) throw new CompressionError("a table size update stands behind a field");
        this.#resize();
        continue;
      }
      beforeFields = false;
      let name: string;
      let value: string;
      if (octet >= 0x80) {
        const index = this.#integer(0x7f);
        name = this.#nameAt(index);
        value = this.#valueAt(index);
      } else {
        const indexed = octet >= 0x40;
        const index = this.#integer(indexed ? 0x3f : 0x0f);
        name = index === 0 ? this.#string() : this.#nameAt(index);
        value = this.#string();
        if (indexed) this.#table.insert(name, value);
      }
      listBytes += entryBytes(name, value);
      if (listBytes <= this.#options.maxListBytes) list.push(name, value);
    }
    this.#bytes = Buffer.alloc(0);
    return listBytes <= this.#options.maxListBytes ? list : undefined;
  }

  #resize(): void {
    const maxBytes = this.#integer(0x1f);
    if (maxBytes > this.#options.maxTableBytes) {
      throw new CompressionError(`the table was sized ${maxBytes}, over the ${this.#options.maxTableBytes} allowed`);
    }
    this.#table.resize(maxBytes);
  }

  #nameAt(index: number): string {
    if (index === 0) throw new CompressionError("an indexed field has the index 0");
    if (index <= STATIC_ENTRIES) return STATIC_TABLE[index * 2 - 2] as string;
    return this.#entryAt(index).name;
  }

  #valueAt(index: number): string {
    return index <= STATIC_ENTRIES ? (STATIC_TABLE[index * 2 - 1] as string) : this.#entryAt(index).value;
  }

  #entryAt(index: number): { readonly name: string; readonly value: string } {
    const entry = this.#table.at(index - STATIC_ENTRIES - 1);
    if (!entry) throw new CompressionError(`no entry has the index ${index}`);
    return entry;
  }

  /** Section 5.1: an integer whose first octet has the bits of `mask` for it. */
  #integer(mask: number): number {
    let value = this.#octet() & mask;
    if (value < mask) return value;
    for (let shift = 1; ; shift *= 128) {
      const octet = this.#octet();
      value += (octet & 0x7f) * shift;
      if (value > MAX_INTEGER || shift > MAX_INTEGER) throw new CompressionError("an integer is too large");
      if (octet < 0x80) return value;
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

  #octet(): number {
    if (this.#at >= this.#end) throw new CompressionError("a header block ends in the middle of a field");
    return this.#bytes[this.#at++] as number;
  }
}

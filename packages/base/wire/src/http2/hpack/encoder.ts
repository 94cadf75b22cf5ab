import { ByteWriter } from "../byte-writer.ts";
import type { HeaderList } from "../http2.ts";
import { SECRET } from "./checked-entry.ts";
import { DynamicTable, type TableEntry, type TableOwner } from "./dynamic-table.ts";
import { STATIC_ENTRIES, STATIC_TABLE } from "./static-table.ts";
import { UNREPEATED } from "./unrepeated.ts";

/** The size of our table unless the peer allows less: RFC 7541's initial size, which every peer keeps. */
const PREFERRED_TABLE_BYTES = 4_096;

const LITERAL_INDEXED = 0x40;
const LITERAL_PLAIN = 0x00;
const LITERAL_NEVER_INDEXED = 0x10;

/** Where a name of the static table stands first, and which of its values do. The same for every connection. */
interface StaticName {
  readonly index: number;
  readonly values: ReadonlyMap<string, number>;
}

const STATIC_NAMES: ReadonlyMap<string, StaticName> = readStaticTable();

function readStaticTable(): Map<string, StaticName> {
  const names = new Map<string, StaticName & { readonly values: Map<string, number> }>();
  for (let index = 1; index <= STATIC_ENTRIES; index++) {
    const name = STATIC_TABLE[index * 2 - 2] as string;
    const value = STATIC_TABLE[index * 2 - 1] as string;
    let entry = names.get(name);
    if (!entry) {
      entry = { index, values: new Map() };
      names.set(name, entry);
    }
    if (value !== "" && !entry.values.has(value)) entry.values.set(value, index);
  }
  return names;
}

/**
 * Where a name was inserted last, with which value, and where its other values were. Most names have a single value, for which
 * a map would be most of what a connection holds. Insertions are numbered, see {@link DynamicTable}; -1 is none.
 */
interface DynamicName {
  insertion: number;
  value: string;
  others: Map<string, number> | undefined;
}

/** How many lists have their encodings kept. A client has one for each method that it calls, a server two or three. */
const MAX_KEPT = 1_000;
/** Enough for a list of which every field is in the table. */
const KEPT_SLAB_BYTES = 1_024;

/** The bytes of a list, good while the table has this version; undefined until the list has come twice at one version. */
interface KeptBlock {
  version: number;
  bytes: Uint8Array | undefined;
}

/**
 * Encodes header lists (RFC 7541). One per connection and direction; the block must go out whole, in this order. A pair
 * that repeats from call to call costs one byte from the second time on, and a whole list that does is copied.
 */
export class HpackEncoder implements TableOwner {
  readonly #names = new Map<string, DynamicName>();
  readonly #table: DynamicTable = new DynamicTable(PREFERRED_TABLE_BYTES, this);
  readonly #kept = new Map<HeaderList, KeptBlock>();
  /** A size to announce at the start of the next block (section 4.2), the smallest since the last one first. */
  #announce: { smallest: number; last: number } | undefined;

  /** Takes the peer's SETTINGS_HEADER_TABLE_SIZE. */
  setMaxTableBytes(maxBytes: number): void {
    const size = Math.min(maxBytes, PREFERRED_TABLE_BYTES);
    if (size === this.#table.maxBytes) return;
    this.#table.resize(size);
    this.#announce = { smallest: Math.min(size, this.#announce?.smallest ?? size), last: size };
  }

  /**
   * Encodes two lists as one. `common` is the same array from call to call, so its bytes are kept: that is most of a request
   * and all of a response.
   */
  encode(common: HeaderList, own: HeaderList, out: ByteWriter): void {
    if (this.#announce) {
      const { smallest, last } = this.#announce;
      if (smallest < last) writeInteger(out, 0x20, 0x1f, smallest);
      writeInteger(out, 0x20, 0x1f, last);
      this.#announce = undefined;
    }
    if (common.length > 0) this.#encodeCommon(common, out);
    this.#encodeFields(own, out);
  }

  #encodeCommon(headers: HeaderList, out: ByteWriter): void {
    const { version } = this.#table;
    const kept = this.#kept.get(headers);
    if (kept?.version !== version) {
      this.#encodeFields(headers, out);
      if (kept) {
        kept.version = this.#table.version;
        kept.bytes = undefined;
      } else if (this.#kept.size < MAX_KEPT) {
        this.#kept.set(headers, { version: this.#table.version, bytes: undefined });
      }
      return;
    }
    kept.bytes ??= this.#octetsOf(headers);
    out.bytes(kept.bytes);
  }

  #octetsOf(headers: HeaderList): Uint8Array {
    const writer = new ByteWriter(KEPT_SLAB_BYTES);
    this.#encodeFields(headers, writer);
    return Buffer.concat(writer.take());
  }

  #encodeFields(headers: HeaderList, out: ByteWriter): void {
    for (let at = 0; at < headers.length; at += 2) {
      this.#encodeField(headers[at] as string, headers[at + 1] as string, out);
    }
  }

  #encodeField(name: string, value: string, out: ByteWriter): void {
    const fixed = STATIC_NAMES.get(name);
    const staticIndex = fixed?.values.get(value);
    if (staticIndex !== undefined) return writeInteger(out, 0x80, 0x7f, staticIndex);
    const isSecret = SECRET.has(name);
    const isRepeated = !isSecret && !UNREPEATED.has(name);
    const dynamic = isRepeated ? this.#names.get(name) : undefined;
    const insertion = dynamic && insertionOf(dynamic, value);
    if (insertion !== undefined) return writeInteger(out, 0x80, 0x7f, this.#indexOf(insertion));
    const nameIndex = fixed?.index ?? (dynamic && dynamic.insertion >= 0 ? this.#indexOf(dynamic.insertion) : 0);
    if (isSecret) writeInteger(out, LITERAL_NEVER_INDEXED, 0x0f, nameIndex);
    else if (!isRepeated) writeInteger(out, LITERAL_PLAIN, 0x0f, nameIndex);
    else {
      writeInteger(out, LITERAL_INDEXED, 0x3f, nameIndex);
      if (this.#table.insert({ name, value })) this.#remember(name, value);
    }
    if (nameIndex === 0) writeString(out, name);
    writeString(out, value);
  }

  #indexOf(insertion: number): number {
    return STATIC_ENTRIES + this.#table.inserted - insertion;
  }

  #remember(name: string, value: string): void {
    const insertion = this.#table.inserted - 1;
    const entry = this.#names.get(name);
    if (!entry) {
      this.#names.set(name, { insertion, value, others: undefined });
      return;
    }
    if (entry.insertion >= 0) {
      entry.others ??= new Map();
      entry.others.set(entry.value, entry.insertion);
    }
    entry.insertion = insertion;
    entry.value = value;
  }

  onEvict({ name, value }: TableEntry, insertion: number): void {
    const entry = this.#names.get(name);
    if (!entry) return;
    if (entry.insertion === insertion) entry.insertion = -1;
    else if (entry.others?.get(value) === insertion) entry.others.delete(value);
    if (entry.insertion < 0 && !entry.others?.size) this.#names.delete(name);
  }
}

function insertionOf({ insertion, value, others }: DynamicName, wanted: string): number | undefined {
  return insertion >= 0 && value === wanted ? insertion : others?.get(wanted);
}

/** Section 5.1. */
function writeInteger(out: ByteWriter, pattern: number, mask: number, value: number): void {
  if (value < mask) return out.byte(pattern | value);
  out.byte(pattern | mask);
  let rest = value - mask;
  while (rest >= 0x80) {
    out.byte((rest % 0x80) | 0x80);
    rest = Math.floor(rest / 0x80);
  }
  out.byte(rest);
}

/** Section 5.2, without Huffman (see `huffman.ts` for the reason). */
function writeString(out: ByteWriter, text: string): void {
  writeInteger(out, 0x00, 0x7f, text.length);
  out.latin1(text);
}

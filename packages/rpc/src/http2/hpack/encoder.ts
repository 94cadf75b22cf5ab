import type { OctetWriter } from "../frames/octet-writer.ts";
import type { HeaderList } from "../http2.ts";
import { DynamicTable } from "./dynamic-table.ts";
import { STATIC_ENTRIES, STATIC_TABLE } from "./static-table.ts";

/** The size of our table unless the peer allows less: RFC 7541's initial size, which every peer keeps. */
const PREFERRED_TABLE_BYTES = 4_096;

/** Headers whose value is another one in nearly every call: in the table they would only push useful entries out. */
const UNREPEATED = new Set([
  "grpc-timeout",
  "traceparent",
  "tracestate",
  "x-request-id",
  "x-correlation-id",
  "grpc-message",
  "grpc-status-details-bin",
  "content-length",
  "date",
]);

/** Headers that an intermediary must not put in a table either, since a guess could be tested there (section 7.1.3). */
const SECRET = new Set(["authorization", "cookie", "set-cookie", "x-service-token", "proxy-authorization"]);

const LITERAL_INDEXED = 0x40;
const LITERAL_PLAIN = 0x00;
const LITERAL_NEVER_INDEXED = 0x10;

/** Where a name stands in the tables, and which of its values do. Insertions are numbered, see {@link DynamicTable}. */
interface NameEntry {
  staticIndex: number;
  readonly staticValues: Map<string, number>;
  insertion: number;
  readonly insertions: Map<string, number>;
}

/**
 * Encodes header lists (RFC 7541). One per connection and direction; the block must go out whole, in this order. A pair
 * that repeats from call to call costs one octet from the second time on.
 */
export class HpackEncoder {
  readonly #names = new Map<string, NameEntry>();
  readonly #table: DynamicTable;
  /** A size to announce at the start of the next block (section 4.2), the smallest since the last one first. */
  #announce: { smallest: number; last: number } | undefined;

  constructor() {
    this.#table = new DynamicTable(PREFERRED_TABLE_BYTES, (name, value, insertion) =>
      this.#forget(name, value, insertion),
    );
    for (let index = 1; index <= STATIC_ENTRIES; index++) {
      const entry = this.#entryOf(STATIC_TABLE[index * 2 - 2] as string);
      entry.staticIndex ||= index;
      const value = STATIC_TABLE[index * 2 - 1] as string;
      if (value !== "" && !entry.staticValues.has(value)) entry.staticValues.set(value, index);
    }
  }

  /** Takes the peer's SETTINGS_HEADER_TABLE_SIZE. */
  setMaxTableBytes(maxBytes: number): void {
    const size = Math.min(maxBytes, PREFERRED_TABLE_BYTES);
    if (size === this.#table.maxBytes) return;
    this.#table.resize(size);
    this.#announce = { smallest: Math.min(size, this.#announce?.smallest ?? size), last: size };
  }

  encode(headers: HeaderList, out: OctetWriter): void {
    if (this.#announce) {
      const { smallest, last } = this.#announce;
      if (smallest < last) writeInteger(out, 0x20, 0x1f, smallest);
      writeInteger(out, 0x20, 0x1f, last);
      this.#announce = undefined;
    }
    for (let at = 0; at < headers.length; at += 2) {
      this.#encodeField(headers[at] as string, headers[at + 1] as string, out);
    }
  }

  #encodeField(name: string, value: string, out: OctetWriter): void {
    const entry = this.#names.get(name);
    if (entry) {
      const staticIndex = entry.staticValues.get(value);
      if (staticIndex !== undefined) return writeInteger(out, 0x80, 0x7f, staticIndex);
      const insertion = entry.insertions.get(value);
      if (insertion !== undefined) return writeInteger(out, 0x80, 0x7f, this.#indexOf(insertion));
    }
    const nameIndex = entry ? entry.staticIndex || (entry.insertion >= 0 ? this.#indexOf(entry.insertion) : 0) : 0;
    if (SECRET.has(name)) writeInteger(out, LITERAL_NEVER_INDEXED, 0x0f, nameIndex);
    else if (UNREPEATED.has(name)) writeInteger(out, LITERAL_PLAIN, 0x0f, nameIndex);
    else {
      writeInteger(out, LITERAL_INDEXED, 0x3f, nameIndex);
      if (this.#table.insert(name, value)) this.#remember(name, value);
    }
    if (nameIndex === 0) writeString(out, name);
    writeString(out, value);
  }

  #indexOf(insertion: number): number {
    return STATIC_ENTRIES + this.#table.inserted - insertion;
  }

  #remember(name: string, value: string): void {
    const entry = this.#entryOf(name);
    entry.insertion = this.#table.inserted - 1;
    entry.insertions.set(value, entry.insertion);
  }

  #forget(name: string, value: string, insertion: number): void {
    const entry = this.#names.get(name);
    if (!entry) return;
    if (entry.insertions.get(value) === insertion) entry.insertions.delete(value);
    if (entry.insertion === insertion) entry.insertion = -1;
    if (entry.staticIndex === 0 && entry.insertions.size === 0) this.#names.delete(name);
  }

  #entryOf(name: string): NameEntry {
    let entry = this.#names.get(name);
    if (!entry) {
      entry = { staticIndex: 0, staticValues: new Map(), insertion: -1, insertions: new Map() };
      this.#names.set(name, entry);
    }
    return entry;
  }
}

/** Section 5.1. */
function writeInteger(out: OctetWriter, pattern: number, mask: number, value: number): void {
  if (value < mask) return out.octet(pattern | value);
  out.octet(pattern | mask);
  let rest = value - mask;
  while (rest >= 0x80) {
    out.octet((rest % 0x80) | 0x80);
    rest = Math.floor(rest / 0x80);
  }
  out.octet(rest);
}

/** Section 5.2, without Huffman (see `huffman.ts` for the reason). */
function writeString(out: OctetWriter, text: string): void {
  writeInteger(out, 0x00, 0x7f, text.length);
  out.latin1(text);
}

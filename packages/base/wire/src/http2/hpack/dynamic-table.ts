/** What an entry costs beside its bytes (RFC 7541, section 4.1). */
const ENTRY_OVERHEAD_BYTES = 32;

/** The size of an entry as both sides must count it (section 4.1). Strings hold one byte per character. */
export function entryBytes(name: string, value: string): number {
  return name.length + value.length + ENTRY_OVERHEAD_BYTES;
}

/** A field that a table holds; who inserts it may keep more with it. */
export interface TableEntry {
  readonly name: string;
  readonly value: string;
}

/** Told of each entry that falls out. */
export interface TableOwner<E extends TableEntry = TableEntry> {
  onEvict(entry: E, insertion: number): void;
}

/**
 * The dynamic table (RFC 7541, section 2.3.2): a queue from which the oldest entries fall when the newest need room.
 * Entries are kept by a number that counts insertions and never changes while an entry lives.
 */
export class DynamicTable<E extends TableEntry = TableEntry> {
  readonly #entries: E[] = [];
  /** Entries before this position in `#entries` have been evicted. */
  #first = 0;
  /** Insertions that are no longer in `#entries` at all. */
  #dropped = 0;
  #bytes = 0;
  #maxBytes: number;
  #version = 0;
  readonly #owner: TableOwner<E> | undefined;

  constructor(maxBytes: number, owner?: TableOwner<E>) {
    this.#maxBytes = maxBytes;
    this.#owner = owner;
  }

  /** How many insertions there have been; the newest entry is `inserted - 1`. */
  get inserted(): number {
    return this.#dropped + this.#entries.length;
  }

  /** Another number after each change: while it is the same, every index means what it meant. */
  get version(): number {
    return this.#version;
  }

  get count(): number {
    return this.#entries.length - this.#first;
  }

  get maxBytes(): number {
    return this.#maxBytes;
  }

  /** The entry `age` places from the newest, which has age 0. */
  at(age: number): E | undefined {
    return age < this.count ? this.#entries[this.#entries.length - 1 - age] : undefined;
  }

  /** An entry that is larger than the whole table empties it, and that is no error (section 4.4). */
  insert(entry: E): boolean {
    const bytes = entryBytes(entry.name, entry.value);
    this.#evictDownTo(this.#maxBytes - bytes);
    if (bytes > this.#maxBytes) return false;
    this.#entries.push(entry);
    this.#bytes += bytes;
    this.#version += 1;
    return true;
  }

  resize(maxBytes: number): void {
    this.#maxBytes = maxBytes;
    this.#evictDownTo(maxBytes);
  }

  #evictDownTo(bytes: number): void {
    while (this.#bytes > bytes && this.count > 0) {
      const entry = this.#entries[this.#first] as E;
      this.#owner?.onEvict(entry, this.#dropped + this.#first);
      this.#bytes -= entryBytes(entry.name, entry.value);
      this.#first += 1;
      this.#version += 1;
    }
    // Cutting the front off costs as much as what stays, so it waits until at least half of the array is dead.
    if (this.#first > 64 && this.#first > this.#entries.length / 2) {
      this.#entries.splice(0, this.#first);
      this.#dropped += this.#first;
      this.#first = 0;
    }
  }
}

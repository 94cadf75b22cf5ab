/** Of bytes; longer texts are seldom the same again. */
const LONGEST = 64;
/** Names that are known by heart, a power of two. */
const SLOTS = 256;
/** Instead of a length: nothing is like it. */
const NONE = -1;

/** A text as the bytes that it came as. */
class Seen {
  text = "";
  readonly #bytes = new Uint8Array(LONGEST);
  #length = NONE;

  is(bytes: Uint8Array): boolean {
    if (bytes.length !== this.#length) return false;
    const own = this.#bytes;
    for (let at = 0; at < bytes.length; at++) if (own[at] !== bytes[at]) return false;
    return true;
  }

  keep(bytes: Buffer): string {
    this.text = bytes.toString();
    this.#length = bytes.length <= LONGEST ? bytes.length : NONE;
    if (this.#length !== NONE) this.#bytes.set(bytes);
    return this.text;
  }
}

/** A header by its name, and the value that it had last. */
export class RepeatedHeader {
  readonly #name = new Seen();
  readonly #value = new Seen();

  constructor(name: Buffer) {
    this.#name.keep(name);
  }

  get name(): string {
    return this.#name.text;
  }

  isNamed(name: Uint8Array): boolean {
    return this.#name.is(name);
  }

  value(bytes: Buffer): string {
    return this.#value.is(bytes) ? this.#value.text : this.#value.keep(bytes);
  }
}

/**
 * For adapters whose headers are bytes: the names come again with every message, and most values with the next one, so they
 * are compared with what came last instead of being decoded. A text that is decoded anew also has to be hashed anew.
 */
export class HeaderTexts {
  readonly #slots: (RepeatedHeader | undefined)[] = new Array(SLOTS).fill(undefined);

  header(name: Buffer): RepeatedHeader {
    const slot = slotOf(name);
    const last = this.#slots[slot];
    if (last?.isNamed(name)) return last;
    const header = new RepeatedHeader(name);
    this.#slots[slot] = header;
    return header;
  }
}

function slotOf(bytes: Uint8Array): number {
  let hash = bytes.length;
  const end = Math.min(bytes.length, LONGEST);
  for (let at = 0; at < end; at++) hash = (Math.imul(hash, 31) + (bytes[at] as number)) | 0;
  return hash & (SLOTS - 1);
}

/** The same the other way: bytes of names and values, of which most are those of the last message. */
export class HeaderBytes {
  readonly #known = new Map<string, { readonly name: Buffer; text: string; value: Buffer }>();

  /** Both are shared with other messages: nobody may write into them. */
  encode(name: string, value: string): readonly [name: Buffer, value: Buffer] {
    const last = this.#known.get(name);
    if (last?.text === value) return [last.name, last.value];
    const bytes = Buffer.from(value);
    if (last) {
      last.text = value;
      last.value = bytes;
      return [last.name, bytes];
    }
    const known = { name: Buffer.from(name), text: value, value: bytes };
    if (this.#known.size < SLOTS) this.#known.set(name, known);
    return [known.name, bytes];
  }
}

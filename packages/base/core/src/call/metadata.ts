import { isFieldText, trimFieldText } from "../context/field-text.ts";

/**
 * Headers or trailers of a call. Keys are lower-case; a key that ends in `-bin` holds bytes, any other printable ASCII, of which
 * the blanks at either end are no part: they are taken off. A key may have several values, kept in order.
 *
 * @see https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md (Custom-Metadata)
 */
export type MetadataValue = string | Uint8Array;

const KEY = /^[0-9a-z_.-]+$/;

/** Who has what came with a call. */
export interface MetadataSource {
  /** Undefined while it is not there yet, as trailers are before the end. */
  readMetadata(): Metadata | undefined;
}

const NONE: ReadonlyMap<string, MetadataValue[]> = new Map();

export class Metadata implements Iterable<readonly [key: string, value: MetadataValue]> {
  #values: Map<string, MetadataValue[]> | undefined;
  #source: MetadataSource | undefined;

  constructor(entries?: Iterable<readonly [string, MetadataValue]>) {
    if (entries) for (const [key, value] of entries) this.append(key, value);
  }

  /**
   * Metadata that came with a call, read from its source when somebody first looks: for most calls nobody does. Until the source
   * has it, this is empty.
   */
  static received(source: MetadataSource): Metadata {
    const metadata = new Metadata();
    metadata.#source = source;
    return metadata;
  }

  /** The first text value of a key. */
  get(key: string): string | undefined {
    const value = this.#entries().get(key)?.[0];
    return typeof value === "string" ? value : undefined;
  }

  /** The first value of a `-bin` key. */
  getBytes(key: string): Uint8Array | undefined {
    const value = this.#entries().get(key)?.[0];
    return typeof value === "string" ? undefined : value;
  }

  getAll(key: string): readonly MetadataValue[] {
    return this.#entries().get(key) ?? [];
  }

  has(key: string): boolean {
    return this.#entries().has(key);
  }

  /** @throws TypeError if the key or the value may not travel in a header. */
  set(key: string, value: MetadataValue): this {
    this.#writable().set(key, [checkedValue(key, value)]);
    return this;
  }

  /** @throws TypeError if the key or the value may not travel in a header. */
  append(key: string, value: MetadataValue): this {
    const checked = checkedValue(key, value);
    const entries = this.#writable();
    const values = entries.get(key);
    if (values) values.push(checked);
    else entries.set(key, [checked]);
    return this;
  }

  delete(key: string): this {
    this.#writable().delete(key);
    return this;
  }

  get size(): number {
    return this.#entries().size;
  }

  *[Symbol.iterator](): IterableIterator<readonly [string, MetadataValue]> {
    for (const [key, values] of this.#entries()) for (const value of values) yield [key, value];
  }

  clone(): Metadata {
    return this.size === 0 ? new Metadata() : new Metadata(this);
  }

  #entries(): ReadonlyMap<string, MetadataValue[]> {
    const found = this.#values ? undefined : this.#source?.readMetadata();
    if (found) {
      this.#values = found.#writable();
      this.#source = undefined;
    }
    return this.#values ?? NONE;
  }

  #writable(): Map<string, MetadataValue[]> {
    this.#entries();
    this.#values ??= new Map();
    return this.#values;
  }
}

function checkedValue(key: string, value: MetadataValue): MetadataValue {
  if (!KEY.test(key)) {
    throw new TypeError(`metadata key ${JSON.stringify(key)} must be lower-case letters, digits, "_", "." or "-"`);
  }
  if (key.endsWith("-bin") === (typeof value === "string")) {
    throw new TypeError(
      key.endsWith("-bin")
        ? `metadata ${key} must hold bytes, because its name ends in -bin`
        : `metadata ${key} must hold text; name it ${key}-bin to hold bytes`,
    );
  }
  if (typeof value !== "string" || isFieldText(value)) return value;
  const trimmed = trimFieldText(value);
  if (isFieldText(trimmed)) return trimmed;
  throw new TypeError(`metadata ${key} must be printable ASCII; name it ${key}-bin and send bytes`);
}

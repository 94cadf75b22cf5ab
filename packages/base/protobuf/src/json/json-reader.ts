import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import { invalidArgument } from "@parley/core";

/**
 * Messages within messages that every protobuf runtime decodes. A request that a backend cannot decode would look like the
 * backend's failure, and open its circuit breaker for everyone.
 */
const MAX_DEPTH = 100;
/** A level of free JSON (`google.protobuf.Value`) is up to this many messages: a Value, its Struct, an entry of that. */
const FREE_DEPTH = 3;
/** How much of a refused value an error shows. */
const SHOWN_LENGTH = 40;

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORD = /[A-Za-z_]\w*/y;
/** The end of a string literal, or the first character that needs a closer look. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: raw control characters are what JSON forbids here
const STRING_STOP = /["\\\u0000-\u001f]/g;

export type JsonKind = "object" | "array" | "string" | "number" | "boolean" | "null";

/**
 * Reads JSON text piece by piece, so that a contract can drive it straight into a message: numbers are seen as they
 * were written, every error knows its line and column, and nothing is built for a key that nobody asked for.
 *
 * Strict RFC 8259. Nesting is bounded at what protobuf can carry. The path of fields to the present value is kept for errors.
 */
export class JsonReader {
  readonly #text: string;
  #at = 0;
  #depth = 0;
  readonly #path: (string | number)[] = [];

  constructor(text: string) {
    this.#text = text;
  }

  /** The kind of the next value. */
  peek(): JsonKind {
    this.#skipSpace();
    switch (this.#text.charCodeAt(this.#at)) {
      case 0x7b:
        return "object";
      case 0x5b:
        return "array";
      case 0x22:
        return "string";
      case 0x74:
      case 0x66:
        return "boolean";
      case 0x6e:
        return "null";
      default: {
        const first = this.#text[this.#at];
        return first !== undefined && /[-\d]/.test(first) ? "number" : this.malformed("a value");
      }
    }
  }

  /** Reads an object; `onMember` must read the value of each member. It takes `depth` messages to carry. */
  readObject(onMember: (name: string) => void, depth = 1): void {
    this.#open(depth);
    if (!this.#take("}")) {
      do {
        if (this.#peekChar() !== '"') this.malformed("a field name in double quotes");
        const name = this.readString();
        if (!this.#take(":")) this.malformed('":"');
        onMember(name);
      } while (this.#take(","));
      if (!this.#take("}")) this.malformed('"," or "}"');
    }
    this.#depth -= depth;
  }

  /** Reads an array; `onElement` must read each element. It takes `depth` messages to carry. */
  readArray(onElement: (index: number) => void, depth = 1): void {
    this.#open(depth);
    if (!this.#take("]")) {
      let index = 0;
      do onElement(index++);
      while (this.#take(","));
      if (!this.#take("]")) this.malformed('"," or "]"');
    }
    this.#depth -= depth;
  }

  /** The string that begins here. */
  readString(): string {
    this.#skipSpace();
    const start = this.#at;
    let plain = true;
    let at = start + 1;
    for (;;) {
      STRING_STOP.lastIndex = at;
      const stop = STRING_STOP.exec(this.#text);
      if (!stop) return this.#malformedAt(this.#text.length, "the end of a string");
      if (stop[0] === '"') {
        this.#at = stop.index + 1;
        return plain ? this.#text.slice(start + 1, stop.index) : this.#unescape(start);
      }
      if (stop[0] !== "\\") this.#malformedAt(stop.index, "no raw control character in a string");
      plain = false;
      at = stop.index + 2;
    }
  }

  /** The text of the number that begins here, exactly as it was written. */
  readNumberText(): string {
    this.#skipSpace();
    const text = this.#match(NUMBER);
    if (text === undefined) return this.malformed("a number");
    this.#at += text.length;
    if (/[\w.]/.test(this.#text[this.#at] ?? "")) this.malformed("the end of a number");
    return text;
  }

  /** Reads `true` or `false`. */
  readBoolean(): boolean {
    return this.#word() === "true";
  }

  readNull(): void {
    this.#word();
  }

  /**
   * Reads any value as plain data. Its objects have no prototype, so that a key such as `__proto__` is just a key. What
   * would be changed in silence is refused: a number beyond a double, half of a surrogate pair, a key given twice.
   */
  readValue(): JsonValue {
    switch (this.peek()) {
      case "object": {
        const object = Object.create(null) as JsonObject;
        this.readObject((name) => {
          this.#demandWellFormed(name);
          this.within(shorten(name), () => {
            if (name in object) this.refuse("is given twice");
            object[name] = this.readValue();
          });
        }, FREE_DEPTH);
        return object;
      }
      case "array": {
        const array: JsonValue[] = [];
        this.readArray((index) => this.within(index, () => array.push(this.readValue())), FREE_DEPTH);
        return array;
      }
      case "string":
        return this.#demandWellFormed(this.readString());
      case "number":
        return this.#readDouble();
      case "boolean":
        return this.readBoolean();
      case "null":
        this.readNull();
        return null;
    }
  }

  /** Reads past any value, and checks no more of it than that it is JSON. */
  skipValue(): void {
    switch (this.peek()) {
      case "object":
        return this.readObject(() => this.skipValue());
      case "array":
        return this.readArray(() => this.skipValue());
      case "string":
        this.readString();
        return;
      case "number":
        this.readNumberText();
        return;
      case "boolean":
        this.readBoolean();
        return;
      case "null":
        return this.readNull();
    }
  }

  /** Runs `read` over what comes next, and returns to this place: for what stands behind that by which it is to be read. */
  lookAhead<T>(read: () => T): T {
    const [at, depth] = [this.#at, this.#depth];
    const result = read();
    this.#at = at;
    this.#depth = depth;
    return result;
  }

  /** Nothing but white space may follow. */
  readEnd(): void {
    this.#skipSpace();
    if (this.#at < this.#text.length) this.malformed("the end of the body");
  }

  /** Runs `read` one step further down the path of fields. */
  within(step: string | number, read: () => unknown): void {
    this.#path.push(step);
    read();
    this.#path.pop();
  }

  /** The path of the present value, as field violations write it: `items[2].quantity`. */
  get path(): string {
    return this.#path.reduce<string>(
      (path, step) => (typeof step === "number" ? `${path}[${step}]` : path ? `${path}.${step}` : step),
      "",
    );
  }

  /** Refuses the present value: INVALID_ARGUMENT that names its field. */
  refuse(description: string): never {
    const { path } = this;
    throw invalidArgument({ field: path, description: path === "" ? `the body ${description}` : description });
  }

  /** Refuses the value that begins here, and shows it. */
  refuseValue(description: string): never {
    this.#skipSpace();
    const start = this.#at;
    this.readValue();
    return this.refuse(`${description}, got ${shorten(this.#text.slice(start, this.#at))}`);
  }

  /** Refuses the text: INVALID_ARGUMENT that names line and column of where it broke off. */
  malformed(expected: string): never {
    this.#skipSpace();
    return this.#malformedAt(this.#at, expected);
  }

  #malformedAt(at: number, expected: string): never {
    const before = this.#text.slice(0, at).split("\n");
    const place = `line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`;
    const found = at < this.#text.length ? `found ${JSON.stringify(this.#text[at])}` : "the body ends there";
    throw invalidArgument({ field: "", description: `malformed JSON at ${place}: expected ${expected}, ${found}` });
  }

  #open(depth: number): void {
    this.#skipSpace();
    this.#at++;
    this.#depth += depth;
    if (this.#depth > MAX_DEPTH) this.refuse(`is nested deeper than the ${MAX_DEPTH} messages that protobuf carries`);
  }

  #peekChar(): string | undefined {
    this.#skipSpace();
    return this.#text[this.#at];
  }

  #take(char: string): boolean {
    if (this.#peekChar() !== char) return false;
    this.#at++;
    return true;
  }

  #word(): "true" | "false" | "null" {
    this.#skipSpace();
    const word = this.#match(WORD);
    if (word !== "true" && word !== "false" && word !== "null") return this.malformed("true, false or null");
    this.#at += word.length;
    return word;
  }

  #readDouble(): number {
    const text = this.readNumberText();
    const value = Number(text);
    return Number.isFinite(value) ? value : this.refuse(`is beyond what a number can hold, got ${shorten(text)}`);
  }

  #demandWellFormed(text: string): string {
    return text.isWellFormed()
      ? text
      : this.refuse(`must be well-formed Unicode, got ${shorten(JSON.stringify(text))}`);
  }

  #unescape(start: number): string {
    try {
      return JSON.parse(this.#text.slice(start, this.#at)) as string;
    } catch {
      return this.#malformedAt(start, "a string with valid escapes");
    }
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    return pattern.exec(this.#text)?.[0];
  }

  #skipSpace(): void {
    for (;;) {
      const char = this.#text.charCodeAt(this.#at);
      if (char !== 0x20 && char !== 0x0a && char !== 0x0d && char !== 0x09) return;
      this.#at++;
    }
  }
}

/** A value as an error shows it. */
export function shorten(text: string): string {
  return text.length > SHOWN_LENGTH ? `${text.slice(0, SHOWN_LENGTH)}…` : text;
}

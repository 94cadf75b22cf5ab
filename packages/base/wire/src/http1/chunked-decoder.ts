import type { ContentDecoder } from "./content-decoder.ts";
import { parseFieldLine } from "./field-section.ts";
import { malformed } from "./malformed.ts";

/** Bytes of chunk extensions and trailers in one message; nobody here reads them. */
const MAX_UNREAD_BYTES = 16_384;
/** 15 hexadecimal digits are no longer exact; no chunk needs 8. */
const MAX_SIZE_DIGITS = 8;

/** Section 7.1.1, without the spaces that senders may not send. */
const EXTENSIONS =
  /^(?:;[!#$%&'*+.^_`|~\w-]+(?:=(?:[!#$%&'*+.^_`|~\w-]+|"(?:[\t !\x23-\x5b\x5d-\x7e\x80-\xff]|\\[\t\x20-\x7e\x80-\xff])*"))?)+$/;

/** What no trailer may be (RFC 9110 section 6.5.1): it would come too late, or mean something to another reader. */
const FRAMING: ReadonlySet<string> = new Set(["content-length", "transfer-encoding", "host", "connection"]);

const CR = 0x0d;
const LF = 0x0a;
const SEMICOLON = 0x3b;

type State =
  | "size"
  | "extension"
  | "size end"
  | "data"
  | "data cr"
  | "data lf"
  | "trailer start"
  | "trailer"
  | "trailer lf"
  | "last lf"
  | "done";

/**
 * The chunked coding (RFC 9112 section 7.1), byte by byte except for the data:
 *
 *     size → (extension) → size end → data → data cr → data lf → size …
 *     a size of 0: size end → trailer start → (trailer → trailer lf → trailer start)… → last lf → done
 *
 * Extensions and trailers are checked and passed over, as sections 7.1.1 and 7.1.2 allow. Each line ends with CRLF: a
 * bare LF would be read by others as something else.
 */
export class ChunkedDecoder implements ContentDecoder {
  #state: State = "size";
  #digits = 0;
  #size = 0;
  #unread = 0;
  /** The extensions, or the trailer, that are being read. */
  #line = "";

  get done(): boolean {
    return this.#state === "done";
  }

  decode(bytes: Buffer, sink: (content: Buffer) => void): number {
    let at = 0;
    while (at < bytes.length && this.#state !== "done") {
      if (this.#state === "data") {
        const end = Math.min(at + this.#size, bytes.length);
        sink(bytes.subarray(at, end));
        this.#size -= end - at;
        at = end;
        if (this.#size === 0) this.#state = "data cr";
      } else {
        this.#state = this.#next(bytes[at] as number);
        at++;
      }
    }
    return at;
  }

  #next(byte: number): State {
    switch (this.#state) {
      case "size":
        return this.#sizeOctet(byte);
      case "extension":
        if (byte !== CR) return this.#collect(byte, "extension");
        if (!EXTENSIONS.test(this.#line)) throw malformed("a chunk has what are no extensions");
        return "size end";
      case "size end":
        this.#digits = 0;
        return after(byte, LF, this.#size === 0 ? "trailer start" : "data", "a chunk's size does not end with CRLF");
      case "data cr":
        return after(byte, CR, "data lf", "a chunk is longer than its size");
      case "data lf":
        return after(byte, LF, "size", "a chunk is longer than its size");
      case "trailer start":
        if (byte === CR) return "last lf";
        this.#line = "";
        return this.#collect(byte, "trailer");
      case "trailer":
        if (byte !== CR) return this.#collect(byte, "trailer");
        if (FRAMING.has(parseFieldLine(this.#line).name)) throw malformed("a trailer says where the request ends");
        return "trailer lf";
      case "trailer lf":
        return after(byte, LF, "trailer start", "a trailer does not end with CRLF");
      default:
        return after(byte, LF, "done", "the last chunk does not end with CRLF");
    }
  }

  #sizeOctet(byte: number): State {
    const digit = hexValue(byte);
    if (digit >= 0) {
      if (++this.#digits > MAX_SIZE_DIGITS) throw malformed("a chunk's size is too large");
      this.#size = this.#size * 16 + digit;
      return "size";
    }
    if (this.#digits === 0) throw malformed("a chunk has no size");
    if (byte === CR) return "size end";
    if (byte === SEMICOLON) {
      this.#line = ";";
      return "extension";
    }
    throw malformed("a chunk's size is not a hexadecimal number");
  }

  #collect(byte: number, state: State): State {
    if (++this.#unread > MAX_UNREAD_BYTES) throw malformed("its chunk extensions and trailers are too long");
    this.#line += String.fromCharCode(byte);
    return state;
  }
}

function after(byte: number, wanted: number, next: State, otherwise: string): State {
  if (byte !== wanted) throw malformed(otherwise);
  return next;
}

/** -1 for what is no hexadecimal digit. */
function hexValue(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

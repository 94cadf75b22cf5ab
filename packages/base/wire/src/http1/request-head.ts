import { EdgeError } from "./edge-error.ts";
import { type FieldSection, parseFieldSection } from "./field-section.ts";
import { malformed } from "./malformed.ts";
import { parseRequestLine, type RequestLine } from "./request-line.ts";

/** Request line and headers together. */
export const MAX_HEAD_BYTES = 16_384;

const LF = 0x0a;
const HEAD_END = Buffer.from("\r\n\r\n");

/** What can be in no head, so that who speaks something else (TLS, most often) hears so before the time limit. */
const NEVER = /[^\t\r\n\x20-\x7e\x80-\xff]|[^\r]\n/;

/** Fields longer than this are read anew each time: remembering them would cost each idle connection as much. */
const MAX_REMEMBERED = 2_048;

export interface RequestHead extends RequestLine {
  readonly fields: FieldSection;
  /** Where in the bytes the head ends. */
  readonly end: number;
}

/**
 * Reads the heads of one connection, one after the other. A client sends mostly the same fields with each request: they are
 * compared with the last ones and read only if they differ.
 */
export class HeadReader {
  #lastText = "";
  #last: FieldSection | undefined;

  /**
   * The head that `bytes` begin with; undefined as long as it is not complete.
   *
   * @param searched how many of the bytes are known to hold no end.
   * @throws EdgeError 400, 431 if it is larger than {@link MAX_HEAD_BYTES}, 501 or 505.
   */
  read(bytes: Buffer, searched = 0): RequestHead | undefined {
    const found = bytes.indexOf(HEAD_END, Math.max(0, searched - 3));
    if ((found < 0 ? bytes.length : found) > MAX_HEAD_BYTES) {
      const message = `the URL and headers must not be larger than ${MAX_HEAD_BYTES} bytes together`;
      throw new EdgeError(431, "HEADERS_TOO_LARGE", message);
    }
    if (found < 0) {
      // From one byte earlier, which may be the CR of an LF.
      if (bytes[0] === LF || NEVER.test(bytes.toString("latin1", Math.max(0, searched - 1))))
        throw malformed("it has an byte that no head may have");
      return undefined;
    }
    const text = bytes.toString("latin1", 0, found + 2);
    const lineEnd = text.indexOf("\r\n");
    const line = parseRequestLine(text.slice(0, lineEnd));
    const fields = this.#fields(text.slice(lineEnd + 2));
    checkVersion(line, fields);
    return { ...line, fields, end: found + HEAD_END.length };
  }

  #fields(text: string): FieldSection {
    if (this.#last && text === this.#lastText) return this.#last;
    const fields = parseFieldSection(text);
    if (text.length <= MAX_REMEMBERED) {
      this.#lastText = text;
      this.#last = fields;
    }
    return fields;
  }
}

/** Whether another request may follow on its connection (RFC 9112 section 9.3). */
export function persists({ minor, fields: { connection } }: RequestHead): boolean {
  return !connection.includes("close") && (minor === 1 || connection.includes("keep-alive"));
}

/** Whether it asks for another protocol (RFC 9110 section 7.8); nothing that is spoken here begins with content. */
export function asksUpgrade({ method, minor, fields }: RequestHead): boolean {
  const { headers, connection, framing } = fields;
  if (headers.upgrade === undefined || minor === 0 || method !== "GET") return false;
  return connection.includes("upgrade") && framing.kind === "none";
}

function checkVersion({ minor }: RequestLine, { headers, framing }: FieldSection): void {
  if (minor === 1 && headers.host === undefined) throw malformed("it has no host"); // RFC 9112 section 3.2
  if (minor === 0 && framing.kind === "chunked") throw malformed("HTTP/1.0 has no transfer-encoding"); // section 6.1
}

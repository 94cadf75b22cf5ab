import { isFieldValue } from "./field-text.ts";
import { REASON_PHRASES } from "./reason-phrases.ts";

export interface ResponseHead {
  readonly status: number;
  /** Names, in lower case, and values in turn. */
  readonly headers: readonly string[];
  /** Header lines that are the server's own, each with its CRLF. */
  readonly own: string;
}

/**
 * The head of a response, its empty line included (RFC 9112 section 4), in Latin-1.
 *
 * @throws TypeError for a value that no header may have.
 */
export function renderHead({ status, headers, own }: ResponseHead): string {
  return `HTTP/1.1 ${status} ${REASON_PHRASES[status] ?? ""}\r\n${renderLines(headers)}${own}\r\n`;
}

/**
 * Header lines, each with its CRLF.
 *
 * @param headers names, in lower case, and values in turn.
 * @throws TypeError for a value that no header may have.
 */
export function renderLines(headers: readonly string[]): string {
  let lines = "";
  for (let at = 0; at < headers.length; at += 2) {
    const value = headers[at + 1] as string;
    if (!isFieldValue(value)) {
      throw new TypeError(`the response header ${headers[at]} has a character that may not be in it`);
    }
    lines += `${headers[at]}: ${value}\r\n`;
  }
  return lines;
}

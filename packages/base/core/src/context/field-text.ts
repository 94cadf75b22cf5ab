const NOT_PRINTABLE = /[^\x20-\x7e]/;

/**
 * Whether a text can be the value of a header as it is, also over HTTP/2 and gRPC: printable ASCII without a blank at either end,
 * which is no part of a value there and makes a peer reset the stream (RFC 9113, section 8.2.1).
 */
export function isFieldText(text: string): boolean {
  return !NOT_PRINTABLE.test(text) && text.charCodeAt(0) !== SPACE && text.charCodeAt(text.length - 1) !== SPACE;
}

/** A text without the spaces and tabs around it, as HTTP reads the value of a header (RFC 9110, section 5.5). */
export function trimFieldText(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text.charCodeAt(start))) start += 1;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end -= 1;
  return start === 0 && end === text.length ? text : text.slice(start, end);
}

const SPACE = 0x20;
const TAB = 0x09;

function isBlank(code: number): boolean {
  return code === SPACE || code === TAB;
}

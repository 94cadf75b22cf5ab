const NOT_TOKEN = /[^!#$%&'*+.^_`|~0-9A-Za-z-]/;
const NOT_VALUE = /[^\t\x20-\x7e\x80-\xff]/;

/** RFC 9110 section 5.6.2: what methods and names of fields are made of. */
export function isToken(text: string): boolean {
  return text !== "" && !NOT_TOKEN.test(text);
}

/** RFC 9112 section 3.2 and RFC 3986 sections 3.2.2 and 3.2.3: a name, an IPv4 address or one of IPv6 in brackets; a port may follow. */
const HOST = /^(?:\[[\da-f:.]+\]|(?:[\w.~!$&'()*+,;=-]|%[\da-f]{2})*)(?::\d{0,5})?$/i;

/** Whether a `Host` is one. It may be empty. User information, a path or a space could be read as another host elsewhere. */
export function isHost(text: string): boolean {
  return HOST.test(text);
}

/**
 * RFC 9110 section 5.5: of control characters only the tab; so neither a bare CR, nor LF, nor NUL (RFC 9112 section 2.2). An
 * end of line in a value would be a field, or a message, of somebody else's making.
 */
export function isFieldValue(text: string): boolean {
  return !NOT_VALUE.test(text);
}

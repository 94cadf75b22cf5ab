import type { HeaderList } from "../http2.ts";

/** Fields that belong to an HTTP/1.1 connection and make an HTTP/2 message malformed (RFC 9113, section 8.2.2). */
const CONNECTION_FIELDS = new Set(["connection", "proxy-connection", "keep-alive", "transfer-encoding", "upgrade"]);
/** The pseudo-headers of each kind; the place of one is its bit in the set of those that were seen. */
const PSEUDO: Readonly<Record<HeaderKind, readonly string[]>> = {
  request: [":method", ":scheme", ":path", ":authority"],
  response: [":status"],
  trailers: [],
};
/** Section 8.3: what must be there. */
const REQUIRED: Readonly<Record<HeaderKind, number>> = { request: 0b111, response: 0b1, trailers: 0 };

/** Section 8.2.1: no octet that could not be in a field name, and no upper case. */
const NAME = /^[!#$%&'*+.^_`|~0-9a-z-]+$/;
const BAD_VALUE = /[\0\r\n]|^[ \t]|[ \t]$/;

export type HeaderKind = "request" | "response" | "trailers";

/**
 * Checks a header list against section 8 of RFC 9113.
 * @returns what is wrong with it, or undefined.
 */
export function headerFault(headers: HeaderList, kind: HeaderKind): string | undefined {
  const pseudo = PSEUDO[kind];
  let seen = 0;
  let inFields = false;
  for (let at = 0; at < headers.length; at += 2) {
    const name = headers[at] as string;
    const value = headers[at + 1] as string;
    if (BAD_VALUE.test(value)) return `the value of ${name} holds an octet that it may not`;
    if (name.startsWith(":")) {
      if (inFields) return `${name} stands behind a field`;
      const place = pseudo.indexOf(name);
      if (place < 0) return `${name} does not belong here`;
      if ((seen & (1 << place)) !== 0) return `${name} stands twice`;
      seen |= 1 << place;
      if (name === ":path" && value === "") return ":path is empty";
    } else {
      inFields = true;
      if (!NAME.test(name)) return `${JSON.stringify(name)} is no field name`;
      if (CONNECTION_FIELDS.has(name)) return `${name} does not belong in HTTP/2`;
      if (name === "te" && value !== "trailers") return "te may only be trailers";
    }
  }
  const missing = REQUIRED[kind] & ~seen;
  // Section 8.5: CONNECT has an authority alone.
  if (missing === 0 || headerValue(headers, ":method") === "CONNECT") return undefined;
  return `${pseudo.find((_name, place) => (missing & (1 << place)) !== 0)} is missing`;
}

/** The first value of a name. */
export function headerValue(headers: HeaderList, name: string): string | undefined {
  for (let at = 0; at < headers.length; at += 2) if (headers[at] === name) return headers[at + 1];
  return undefined;
}

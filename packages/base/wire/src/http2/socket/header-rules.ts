import type { HeaderList } from "../http2.ts";

/** The pseudo-headers of each kind; the place of one is its bit in the set of those that were seen. */
const PSEUDO: Readonly<Record<HeaderKind, readonly string[]>> = {
  request: [":method", ":scheme", ":path", ":authority"],
  response: [":status"],
  trailers: [],
};
/** What must be there. */
const REQUIRED: Readonly<Record<HeaderKind, number>> = { request: 0b111, response: 0b1, trailers: 0 };

const COLON = ":".charCodeAt(0);

export type HeaderKind = "request" | "response" | "trailers";

/**
 * Checks what is in a header list, and in which order, against section 8.3 of RFC 9113; its fields have been checked one by
 * one (`field-rules.ts`).
 * @returns what is wrong with it, or undefined.
 */
export function headerFault(headers: HeaderList, kind: HeaderKind): string | undefined {
  const pseudo = PSEUDO[kind];
  let seen = 0;
  let inFields = false;
  for (let at = 0; at < headers.length; at += 2) {
    const name = headers[at] as string;
    if (name.charCodeAt(0) !== COLON) {
      inFields = true;
      continue;
    }
    if (inFields) return `${name} stands behind a field`;
    const place = pseudo.indexOf(name);
    if (place < 0) return `${name} does not belong here`;
    if ((seen & (1 << place)) !== 0) return `${name} stands twice`;
    seen |= 1 << place;
    if (name === ":path" && headers[at + 1] === "") return ":path is empty";
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

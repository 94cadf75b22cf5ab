import { CONTENT_TYPE_HEADER, type HeaderStyle, TRACE_HEADERS } from "./header-style.ts";

/** What a header of a message says; a trace header counts only where no attribute says the same. */
export type HeaderMeaning =
  | { readonly kind: "attribute" | "trace"; readonly attribute: string }
  | { readonly kind: "content-type" }
  | { readonly kind: "foreign" };

/** The names of headers come again with every message. So many are known by heart; what clients make up beyond is read anew. */
const MAX_KNOWN = 256;

const known = new Map<HeaderStyle, Map<string, HeaderMeaning>>();

export function meaningOf(name: string, style: HeaderStyle): HeaderMeaning {
  let names = known.get(style);
  if (!names) {
    names = new Map();
    known.set(style, names);
  }
  let meaning = names.get(name);
  if (!meaning) {
    meaning = readName(name.toLowerCase(), style);
    if (names.size < MAX_KNOWN) names.set(name, meaning);
  }
  return meaning;
}

function readName(name: string, { prefix, alsoReads }: HeaderStyle): HeaderMeaning {
  const match = [prefix, ...alsoReads].find((candidate) => name.startsWith(candidate.toLowerCase()));
  if (match) return { kind: "attribute", attribute: name.slice(match.length) };
  if (name === CONTENT_TYPE_HEADER) return { kind: "content-type" };
  return TRACE_HEADERS.includes(name) ? { kind: "trace", attribute: name } : { kind: "foreign" };
}

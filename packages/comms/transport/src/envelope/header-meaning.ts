import { CONTENT_TYPE_HEADER, type HeaderStyle, TRACE_HEADERS } from "./header-style.ts";
import { rememberByName } from "./remember-by-name.ts";

/** What a header of a message says; a trace header counts only where no attribute says the same. */
export type HeaderMeaning =
  | { readonly kind: "attribute" | "trace"; readonly attribute: string }
  | { readonly kind: "content-type" }
  | { readonly kind: "foreign" };

export const meaningOf = rememberByName((name, style) => readName(name.toLowerCase(), style));

function readName(name: string, { prefix, alsoReads }: HeaderStyle): HeaderMeaning {
  const match = [prefix, ...alsoReads].find((candidate) => name.startsWith(candidate.toLowerCase()));
  if (match) return { kind: "attribute", attribute: name.slice(match.length) };
  if (name === CONTENT_TYPE_HEADER) return { kind: "content-type" };
  return TRACE_HEADERS.includes(name) ? { kind: "trace", attribute: name } : { kind: "foreign" };
}

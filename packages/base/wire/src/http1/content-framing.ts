import { EdgeError } from "./edge-error.ts";
import { malformed } from "./malformed.ts";

/** Where the content of a request ends (RFC 9112 section 6.3). */
export type ContentFraming =
  | { readonly kind: "none" }
  | { readonly kind: "length"; readonly bytes: number }
  | { readonly kind: "chunked" };

const NONE: ContentFraming = { kind: "none" };
const CHUNKED: ContentFraming = { kind: "chunked" };

/**
 * Strict where parsers that differ have let requests be smuggled (section 11.2): a length is digits alone, there is one
 * of the two headers or none, and the only coding is chunked. Whether `chunked` is allowed at all is the version's matter.
 *
 * @throws EdgeError 400, or 501 for another coding (section 6.1).
 */
export function contentFraming(headers: Readonly<Record<string, string>>): ContentFraming {
  const length = headers["content-length"];
  const coding = headers["transfer-encoding"];
  if (coding !== undefined) {
    if (length !== undefined) throw malformed("it has both content-length and transfer-encoding");
    if (coding.toLowerCase() === "chunked") return CHUNKED;
    if (/(?:^|,)[\t ]*chunked$/i.test(coding)) {
      throw new EdgeError(501, "MALFORMED_REQUEST", "no transfer-encoding but chunked is understood here");
    }
    throw malformed("its transfer-encoding does not end with chunked");
  }
  if (length === undefined) return NONE;
  if (!/^\d{1,15}$/.test(length)) throw malformed("content-length is not a number of bytes");
  const bytes = Number(length);
  return bytes === 0 ? NONE : { kind: "length", bytes };
}

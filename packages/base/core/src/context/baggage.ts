import { ParleyError } from "../errors/parley-error.ts";

/**
 * The W3C `baggage` header. Properties after `;` are dropped: nothing here acts on them.
 * @see https://www.w3.org/TR/baggage/
 */
type Baggage = Readonly<Record<string, string>>;

/** Section 3.3.2: at most 64 entries and 8192 bytes are carried. */
const MAX_ENTRIES = 64;
const MAX_LENGTH = 8_192;
/** RFC 9110, section 5.6.2. */
const KEY = /^[!#$%&'*+.^_`|~\w-]+$/;
const MUST_ENCODE = /[^!#$&-+\--:<-[\]-~]/;
const MUST_ENCODE_ALL = new RegExp(`${MUST_ENCODE.source}+`, "gu");
/** No entries. Shared, so that what is empty is known by a glance. */
export const NO_BAGGAGE: Baggage = Object.freeze({});

/** Entries that are malformed are left out; a header over the limit counts as none. */
export function parseBaggage(header: string | undefined): Baggage {
  if (!header || header.length > MAX_LENGTH) return NO_BAGGAGE;
  const baggage: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const entry of header.split(",", MAX_ENTRIES)) {
    const [pair = ""] = entry.split(";", 1);
    const at = pair.indexOf("=");
    if (at <= 0) continue;
    const key = pair.slice(0, at).trim();
    try {
      if (KEY.test(key)) baggage[key] = decodeURIComponent(pair.slice(at + 1).trim());
    } catch {
      // A broken percent-encoding loses this entry alone.
    }
  }
  return baggage;
}

/**
 * The header for a baggage, or undefined if it is empty. Entries beyond the limits of the specification are left out; only
 * characters that may not stand there are encoded, so that what came in goes on at its length.
 *
 * @throws ParleyError INVALID_ARGUMENT for a key that no header can hold.
 */
export function formatBaggage(baggage: Baggage): string | undefined {
  if (baggage === NO_BAGGAGE) return undefined;
  let header = "";
  let entries = 0;
  for (const [key, value] of Object.entries(baggage)) {
    if (!KEY.test(key)) {
      throw new ParleyError("INVALID_ARGUMENT", `the baggage key ${JSON.stringify(key)} must be a token (RFC 9110)`);
    }
    const entry = `${key}=${encodeValue(value)}`;
    if (entries === MAX_ENTRIES || header.length + entry.length >= MAX_LENGTH) continue;
    header = entries === 0 ? entry : `${header},${entry}`;
    entries += 1;
  }
  return entries > 0 ? header : undefined;
}

/** `baggage-octet` as it is, but for the percent sign; everything else by the octets of its UTF-8. */
function encodeValue(value: string): string {
  if (!MUST_ENCODE.test(value)) return value;
  return value.toWellFormed().replace(MUST_ENCODE_ALL, encodeURIComponent);
}

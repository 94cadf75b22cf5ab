/**
 * The W3C `baggage` header. Properties after `;` are dropped: nothing here acts on them.
 * @see https://www.w3.org/TR/baggage/
 */
type Baggage = Readonly<Record<string, string>>;

/** Section 3.3.2: at most 64 entries and 8192 bytes are carried. */
const MAX_ENTRIES = 64;
const MAX_LENGTH = 8_192;
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
      if (/^[!#$%&'*+.^_`|~\w-]+$/.test(key)) baggage[key] = decodeURIComponent(pair.slice(at + 1).trim());
    } catch {
      // A broken percent-encoding loses this entry alone.
    }
  }
  return baggage;
}

/** The header for a baggage, or undefined if it is empty. */
export function formatBaggage(baggage: Baggage): string | undefined {
  if (baggage === NO_BAGGAGE) return undefined;
  const entries = Object.entries(baggage).map(([key, value]) => `${key}=${encodeURIComponent(value)}`);
  return entries.length > 0 ? entries.join(",") : undefined;
}

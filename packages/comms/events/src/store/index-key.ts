import { createHash } from "node:crypto";

/** Before a digest that stands for a text. */
const DIGEST_PREFIX = "sha256:";
/**
 * Longer texts are indexed by their digest. PostgreSQL refuses an index row above 2,704 bytes, and one row of ours may hold
 * three such texts.
 */
export const MAX_INDEXED_BYTES = 512;

/**
 * For stores: a text from outside (the key, source or id of an event; the unique key of a job) as a column holds it that is
 * compared but never shown. The text itself where a database takes it; else `sha256:` and its digest in hexadecimal, because text
 * with U+0000 or half of a surrogate pair cannot be stored. Equal texts give equal results.
 */
export function toStorableKey(text: string): string {
  return text.includes("\0") || !text.isWellFormed() ? digestOf(text) : text;
}

/** {@link toStorableKey} for a column that is indexed: a text above {@link MAX_INDEXED_BYTES} is a digest as well. */
export function toIndexKey(text: string): string {
  // A UTF-16 unit takes three bytes of UTF-8 at most, so the short ones, nearly all, need not be measured.
  const fits = text.length * 3 <= MAX_INDEXED_BYTES || Buffer.byteLength(text) <= MAX_INDEXED_BYTES;
  return fits ? toStorableKey(text) : digestOf(text);
}

/** UTF-8 would make U+FFFD of any half of a surrogate pair, and two texts one; JSON writes each as an escape of its own. */
function digestOf(text: string): string {
  const hash = createHash("sha256").update(text.isWellFormed() ? text : JSON.stringify(text));
  return DIGEST_PREFIX + hash.digest("hex");
}

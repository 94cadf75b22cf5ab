import { createHash } from "node:crypto";

/** A program has few texts that it repeats. One that makes them up must not fill the memory of the server. */
const MAX_NAMES = 256;

const names = new Map<string, string>();

/**
 * The name of a prepared statement, which is made of its text: sessions that a pooler lends to several processes then never have
 * two statements of one name. Undefined for a text that comes too late to be kept.
 */
export function preparedName(text: string): string | undefined {
  let name = names.get(text);
  if (name === undefined && names.size < MAX_NAMES) {
    name = `parley_${createHash("sha256").update(text).digest("hex").slice(0, 32)}`;
    names.set(text, name);
  }
  return name;
}

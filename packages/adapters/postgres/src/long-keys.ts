/** What `toIndexKey` makes of a column's value. Inlined, so that the migration stays what it was. */
const digest = (column: string): string => `'sha256:' || encode(sha256(convert_to(${column}, 'UTF8')), 'hex')`;

const shorten = (table: string, column: string): string =>
  `UPDATE ${table} SET ${column} = ${digest(column)} WHERE octet_length(${column}) > 512;`;

/** Long texts in indexed columns become the digests that are looked for from now on; what they stood for is in `attributes`. */
export const LONG_KEYS = [
  shorten("parley_inbox", "event_key"),
  shorten("parley_dead_letters", "key"),
  shorten("parley_dead_letters", "source"),
  shorten("parley_dead_letters", "event_id"),
  shorten("parley_jobs", "waiting_key"),
  shorten("parley_jobs", "unique_key"),
].join("\n");

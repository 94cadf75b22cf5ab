/**
 * The second net under "no token is ever logged": whoever logs a field whose name says that it is secret, at any depth,
 * gets `[redacted]` in its place. The first net is not to log it.
 *
 * It works on finished lines, because that costs 0.3 µs a line; pino's own `redact` costs 9 µs with paths of two
 * levels, and sees no deeper. A secret inside a text (a message, a stack) is not found.
 */
const SECRET = "authorization|cookie|token|secret|passw(?:or)?d|api[-_]?key|private[-_]?key|credentials?";

/**
 * How the keys end that could name a secret. Few other keys do, and to look for a short pattern with few endings takes a third
 * of the time: 0.3 µs a line beside 0.9.
 */
const ENDING = /(?:on|ie|en|et|[wr]d|ey|al)s?":/i;

/** A second look: most lines name nothing secret. */
const SUSPECT = new RegExp(`(?:${SECRET})s?":`, "i");

/** A key whose name ends in a secret word, and its value: a text, a list, an object without nesting, or a bare value. */
const ENTRY = new RegExp(
  `("[^"\\\\]*(?:${SECRET})s?":)(?:"(?:[^"\\\\]|\\\\.)*"|\\[[^\\]]*\\]|\\{[^{}]*\\}|[^,{}\\[\\]"]+)`,
  "gi",
);

/** The lines, one or many, with the values of secret fields taken out. */
export function redactLines(lines: string): string {
  return ENDING.test(lines) && SUSPECT.test(lines) ? lines.replace(ENTRY, '$1"[redacted]"') : lines;
}

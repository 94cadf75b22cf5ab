const MAX_LENGTH = 96;

/** A value from a token as a log line shows it: as JSON, so that it cannot break the line, and not at any length. */
export function quoted(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}…` : text;
}

/**
 * How long a `Retry-After` asks to wait from `nowMs` on (Unix epoch, milliseconds): seconds, or a date in any of HTTP's three forms.
 * Undefined for what is neither, 0 for a date that has passed.
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3
 */
export function parseRetryAfter(value: string | undefined, nowMs: number): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d+$/.test(value)) return Number(value) * 1_000;
  // Dates begin with the name of a day; `Date.parse` alone would also take other things for one.
  if (!/^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)/.test(value)) return undefined;
  // The third form, of asctime, names no zone, and is in UTC like the others.
  const atMs = Date.parse(value.endsWith("GMT") ? value : `${value} GMT`);
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - nowMs);
}

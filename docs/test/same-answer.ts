/** Stands in a page for what differs each time. */
export const ANYTHING = "…";

/**
 * An answer as the page can show it: what the page leaves open is left open here too. Everything else stays as it was, so
 * that a comparison shows the difference.
 */
export function asShown(actual: unknown, shown: unknown): unknown {
  if (shown === ANYTHING && actual !== undefined) return ANYTHING;
  if (Array.isArray(actual) && Array.isArray(shown)) return actual.map((item, at) => asShown(item, shown[at]));
  if (!isObject(actual) || !isObject(shown)) return actual;
  return Object.fromEntries(Object.entries(actual).map(([key, value]) => [key, asShown(value, shown[key])]));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

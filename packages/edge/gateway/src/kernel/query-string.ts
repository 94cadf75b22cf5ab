import { invalidArgument } from "@parley/core";

/** More pairs than any sane form sends; it bounds the work that one URL can ask for. */
export const MAX_QUERY_PAIRS = 256;

/**
 * The pairs of a query string in order, `+` read as a space (WHATWG URL, application/x-www-form-urlencoded).
 *
 * @throws ParleyError INVALID_ARGUMENT on a broken percent-encoding or too many pairs.
 */
export function parseQueryString(query: string): [name: string, value: string][] {
  const pairs: [string, string][] = [];
  for (const pair of query.split("&", MAX_QUERY_PAIRS + 1)) {
    if (pair === "") continue;
    if (pairs.length === MAX_QUERY_PAIRS) {
      throw invalidArgument({ field: "", description: `the query has more than ${MAX_QUERY_PAIRS} parameters` });
    }
    const at = pair.indexOf("=");
    pairs.push(at < 0 ? [decodeQuery(pair), ""] : [decodeQuery(pair.slice(0, at)), decodeQuery(pair.slice(at + 1))]);
  }
  return pairs;
}

function decodeQuery(text: string): string {
  try {
    return decodeURIComponent(text.includes("+") ? text.replaceAll("+", " ") : text);
  } catch {
    throw invalidArgument({
      field: "",
      description: `the query has a broken percent-encoding: ${JSON.stringify(text.slice(0, 64))}`,
    });
  }
}

import { invalidArgument } from "@parley/core";

/** How an answer writes the values of enums: by name, or as numbers. */
export type EnumEncoding = "names" | "numbers";

/** A query without what it says of the answer. */
export interface AltQuery {
  readonly query: string;
  readonly enums: EnumEncoding;
}

const ALT = "$alt";
const CHOICES: Readonly<Record<string, EnumEncoding>> = { json: "names", "json;enum-encoding=int": "numbers" };

/**
 * Takes `$alt` out of a query: Google's system parameter for the form of an answer, which generated clients send with each request. Undefined
 * for a query without it.
 * @see https://cloud.google.com/apis/docs/system-parameters
 * @throws ParleyError INVALID_ARGUMENT for a form that is not known here, and for more than one.
 */
export function takeAlt(query: string): AltQuery | undefined {
  if (!query.includes("alt")) return undefined;
  const pairs = query.split("&");
  const asked = pairs.filter(isAlt);
  if (asked.length === 0) return undefined;
  const value = decode(asked[0]?.slice(asked[0].indexOf("=") + 1) ?? "");
  const enums = CHOICES[value];
  if (asked.length > 1) throw invalidArgument({ field: ALT, description: "is given twice" });
  if (!enums) {
    const description = `must be one of ${Object.keys(CHOICES).join(", ")}, got ${JSON.stringify(value.slice(0, 64))}`;
    throw invalidArgument({ field: ALT, description });
  }
  return { query: pairs.filter((pair) => !isAlt(pair)).join("&"), enums };
}

function isAlt(pair: string): boolean {
  const at = pair.indexOf("=");
  return at > 0 && decode(pair.slice(0, at)) === ALT;
}

/** What is broken is no form that is known, and no name of the parameter. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

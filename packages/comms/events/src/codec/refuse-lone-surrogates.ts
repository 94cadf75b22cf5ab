import { invalidArgument } from "@parley/core";

/** How `JSON.stringify` writes half of a surrogate pair; also what a text may hold behind an escaped backslash. */
const LOOKS_BROKEN = /\\ud[89a-f]/;

/**
 * Refuses a text that holds half of a surrogate pair: UTF-8 cannot carry it, and each reader would refuse the message, long after it
 * was stored. Looked for in the JSON, where it can be seen in one search.
 * @throws ParleyError INVALID_ARGUMENT that names the field.
 */
export function refuseLoneSurrogates(json: string): void {
  if (!LOOKS_BROKEN.test(json)) return;
  const field = findBroken(JSON.parse(json), "");
  if (field !== undefined) {
    throw invalidArgument({ field, description: "holds half of a surrogate pair, which is no text" });
  }
}

/** The path of the first text, or name, that is not well-formed. */
function findBroken(value: unknown, path: string): string | undefined {
  if (typeof value === "string") return value.isWellFormed() ? undefined : path;
  if (typeof value !== "object" || value === null) return undefined;
  const isList = Array.isArray(value);
  for (const [name, member] of Object.entries(value)) {
    const own = isList ? `${path}[${name}]` : path === "" ? name : `${path}.${name}`;
    const found = name.isWellFormed() ? findBroken(member, own) : path || "a name in the payload";
    if (found !== undefined) return found;
  }
  return undefined;
}

import { invalidArgument } from "@parley/core";
import type { PathVariable } from "./path-template.ts";

/**
 * The text a path variable takes from the raw segments of a request.
 *
 * A variable of one segment is decoded whole. One of several keeps `%2F` and `%2f`, because there a decoded slash could
 * not be told from a separator (google.api.http, "Path template syntax").
 *
 * @throws ParleyError INVALID_ARGUMENT on a broken percent-encoding.
 */
export function pathValue(variable: PathVariable, segments: readonly string[]): string {
  if (variable.single) return decodePath(segments[variable.start] ?? "", variable.fieldPath);
  return segments
    .slice(variable.start, variable.end)
    .map((segment) => segment.split(/(%2f)/i))
    .map((pieces) => pieces.map((piece, i) => (i % 2 ? piece : decodePath(piece, variable.fieldPath))).join(""))
    .join("/");
}

function decodePath(text: string, field: string): string {
  if (!text.includes("%")) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    throw invalidArgument({ field, description: `has a broken percent-encoding in the path: ${JSON.stringify(text)}` });
  }
}

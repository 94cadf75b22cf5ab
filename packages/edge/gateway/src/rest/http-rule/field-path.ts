import type { DescField, DescMessage } from "@bufbuild/protobuf";
import type { JsonStyle } from "@parley/protobuf";
import { findField, hasCustomJson } from "@parley/protobuf/internal";

/** No contract nests this deep; protobuf refuses to decode messages deeper than 100. */
const MAX_STEPS = 32;

/**
 * The fields along a path such as `book.author.name`; camel and contract names are both understood, those of `names` first.
 * Undefined if a step is unknown, or if a step before the last is not a single message of fields: a Timestamp or a
 * wrapper is one value, which is given as a whole.
 */
export function resolveFieldPath(
  message: DescMessage,
  path: string,
  names: Pick<JsonStyle, "fieldNames">,
): readonly DescField[] | undefined {
  const fields: DescField[] = [];
  let current: DescMessage | undefined = message;
  const steps = path.split(".", MAX_STEPS + 1);
  if (steps.length > MAX_STEPS) return undefined;
  for (const name of steps) {
    const field: DescField | undefined = current && findField(current, name, names);
    if (!field) return undefined;
    fields.push(field);
    current = field.fieldKind === "message" && !hasCustomJson(field.message) ? field.message : undefined;
  }
  return fields;
}

/** A path of fields in contract names. */
export function fieldPathText(path: readonly DescField[]): string {
  return path.map((field) => field.name).join(".");
}

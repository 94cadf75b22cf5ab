import type { DescField, DescMessage } from "@bufbuild/protobuf";
import type { JsonStyle } from "@parley/protobuf";
import { fieldNameOf, wrappedScalar } from "@parley/protobuf/internal";

/** Deeper nesting works on the wire, but helps nobody in a list of parameters. */
const MAX_DEPTH = 3;
const TEXT_TYPES = new Set(["google.protobuf.Timestamp", "google.protobuf.Duration", "google.protobuf.FieldMask"]);

export interface QueryParameter {
  /** As it stands in a URL: `author.fullName`. */
  readonly name: string;
  readonly field: DescField;
  /** 1 for a field of the request itself. */
  readonly depth: number;
}

/** Every query parameter that fills a field of `input`; `taken` fields (of the path and the body) are left out. */
export function queryParametersOf(
  input: DescMessage,
  taken: readonly DescField[],
  style: JsonStyle,
  depth = 1,
): readonly QueryParameter[] {
  return input.fields
    .filter((field) => !taken.includes(field) && field.fieldKind !== "map")
    .flatMap((field) => {
      const name = fieldNameOf(field, style);
      const { message } = field;
      if (!message || isText(message)) return [{ name, field, depth }];
      if (field.fieldKind === "list" || depth === MAX_DEPTH || message.typeName.startsWith("google.protobuf."))
        return [];
      return queryParametersOf(message, taken, style, depth + 1).map((inner) => ({
        ...inner,
        name: `${name}.${inner.name}`,
      }));
    });
}

function isText(message: DescMessage): boolean {
  return TEXT_TYPES.has(message.typeName) || wrappedScalar(message.typeName, message.fields[0]) !== undefined;
}

import type { DescMessage } from "@bufbuild/protobuf";

/**
 * True for the types whose JSON is not an object of their fields.
 * @see https://protobuf.dev/programming-guides/json/
 */
export function hasCustomJson({ typeName }: DescMessage): boolean {
  return /^google\.protobuf\.(?:Any|Duration|FieldMask|Struct|Timestamp|\w*Value)$/.test(typeName);
}

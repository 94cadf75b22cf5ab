import type { DescMessage } from "@bufbuild/protobuf";

const CUSTOM =
  /^google\.protobuf\.(?:Any|Duration|FieldMask|Struct|Timestamp|(?:List|Double|Float|U?Int(?:32|64)|Bool|String|Bytes)?Value)$/;

/**
 * True for the types whose JSON is not an object of their fields.
 * @see https://protobuf.dev/programming-guides/json/
 */
export function hasCustomJson({ typeName }: DescMessage): boolean {
  return CUSTOM.test(typeName);
}

import { ScalarType } from "@bufbuild/protobuf";
import type { JsonStyle } from "@parley/protobuf";
import type { JsonSchema } from "./json-schema.ts";

const INT32_MAX = "2147483647";
const UINT32_MAX = "4294967295";
const INT64_MAX = "9223372036854775807";
const UINT64_MAX = "18446744073709551615";
const FLOAT_MAX = 3.4028234663852886e38;
/** With or without its padding. */
const BASE64 = "^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?$";

/** The JSON of a scalar: no more than the type holds, so that what the schema allows is taken. */
export function scalarSchema(type: ScalarType, style: Pick<JsonStyle, "int64">): JsonSchema {
  switch (type) {
    case ScalarType.BOOL:
      return { type: "boolean" };
    case ScalarType.STRING:
      return { type: "string" };
    case ScalarType.BYTES:
      return { type: "string", contentEncoding: "base64", pattern: BASE64 };
    case ScalarType.DOUBLE:
      return { type: "number", format: "double" };
    case ScalarType.FLOAT:
      return { type: "number", format: "float", minimum: -FLOAT_MAX, maximum: FLOAT_MAX };
    case ScalarType.INT32:
    case ScalarType.SINT32:
    case ScalarType.SFIXED32:
      return { type: "integer", format: "int32", minimum: -2_147_483_648, maximum: 2_147_483_647 };
    case ScalarType.UINT32:
    case ScalarType.FIXED32:
      return { type: "integer", format: "uint32", minimum: 0, maximum: 4_294_967_295 };
    case ScalarType.UINT64:
    case ScalarType.FIXED64:
      return longSchema("uint64", style);
    default:
      return longSchema("int64", style);
  }
}

/** As a number no more than JSON's readers hold exactly; as a string all 64 bits. */
function longSchema(format: "int64" | "uint64", { int64 }: Pick<JsonStyle, "int64">): JsonSchema {
  const isSigned = format === "int64";
  const minimum = isSigned ? Number.MIN_SAFE_INTEGER : 0;
  const number = { type: "integer", format, minimum, maximum: Number.MAX_SAFE_INTEGER };
  const text = { type: "string", format, pattern: longPattern(format, "any") };
  return int64 === "number" ? number : int64 === "string" ? text : { anyOf: [number, text] };
}

/** The names that a map's keys have in JSON; undefined where any will do. */
export function mapKeySchema(type: ScalarType): JsonSchema | undefined {
  switch (type) {
    case ScalarType.STRING:
      return undefined;
    case ScalarType.BOOL:
      return { enum: ["true", "false"] };
    case ScalarType.UINT32:
    case ScalarType.FIXED32:
      return { pattern: `^(?:0|${upTo(UINT32_MAX)})$` };
    case ScalarType.INT32:
    case ScalarType.SINT32:
    case ScalarType.SFIXED32:
      return { pattern: `^-?(?:0|${upTo(INT32_MAX)})$` };
    case ScalarType.UINT64:
    case ScalarType.FIXED64:
      return { pattern: longPattern("uint64", "any") };
    default:
      return { pattern: longPattern("int64", "any") };
  }
}

/** A pattern of the text of an integer of 64 bits, from the least that is allowed. */
export function longPattern(format: "int64" | "uint64", least: "any" | 0 | 1): string {
  const digits = upTo(format === "int64" ? INT64_MAX : UINT64_MAX);
  const sign = format === "int64" && least === "any" ? "-?" : "";
  return `^${sign}(?:${least === 1 ? "" : "0|"}${digits})$`;
}

/** A pattern of the decimal numbers from 1 to `max`, with no zeros before them. */
function upTo(max: string): string {
  const digit = (from: number, to: number): string => (from === to ? String(from) : `[${from}-${to}]`);
  const less = [...max].flatMap((own, at) => {
    const least = at === 0 ? 1 : 0;
    const left = max.length - at - 1;
    return Number(own) > least
      ? [`${max.slice(0, at)}${digit(least, Number(own) - 1)}${left > 0 ? `[0-9]{${left}}` : ""}`]
      : [];
  });
  return [`[1-9][0-9]{0,${max.length - 2}}`, ...less, max].join("|");
}

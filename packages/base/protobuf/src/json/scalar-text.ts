import {
  create,
  type DescEnum,
  type DescField,
  type DescMessage,
  fromJson,
  type JsonValue,
  ScalarType,
} from "@bufbuild/protobuf";
import { base64Decode } from "@bufbuild/protobuf/wire";
import { FieldMaskSchema } from "@bufbuild/protobuf/wkt";
import { enumNamesOf, enumNumbersOf } from "./json-names.ts";
import type { JsonStyle } from "./json-style.ts";

/** Ends the parse: says what the value must be, and never returns. */
export type Fail = (description: string) => never;

/** Reads a value from its text: from a path, a query, or a JSON string or number. */
export type TextParser = (text: string, fail: Fail) => unknown;

const INT32 = { min: -2_147_483_648n, max: 2_147_483_647n };
const UINT32 = { min: 0n, max: 4_294_967_295n };
const INT64 = { min: -(2n ** 63n), max: 2n ** 63n - 1n };
const UINT64 = { min: 0n, max: 2n ** 64n - 1n };
/** The largest finite float. */
const FLOAT_MAX = 3.4028234663852886e38;
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const BASE64 = /^[A-Za-z0-9+/_-]*={0,2}$/;

/** A parser for a scalar; `longAsString` mirrors the contract's `jstype = JS_STRING`. */
export function scalarTextParser(type: ScalarType, longAsString: boolean): TextParser {
  switch (type) {
    case ScalarType.INT32:
    case ScalarType.SINT32:
    case ScalarType.SFIXED32:
      return (text, fail) => parseSmall(text) ?? Number(parseInteger(text, INT32, fail));
    case ScalarType.UINT32:
    case ScalarType.FIXED32:
      return (text, fail) => parseSmall(text) ?? Number(parseInteger(text, UINT32, fail));
    case ScalarType.INT64:
    case ScalarType.SINT64:
    case ScalarType.SFIXED64:
      return long(INT64, longAsString);
    case ScalarType.UINT64:
    case ScalarType.FIXED64:
      return long(UINT64, longAsString);
    case ScalarType.FLOAT:
      return (text, fail) => parseFloating(text, FLOAT_MAX, fail);
    case ScalarType.DOUBLE:
      return (text, fail) => parseFloating(text, Number.MAX_VALUE, fail);
    case ScalarType.BOOL:
      return (text, fail) => (text === "true" ? true : text === "false" ? false : fail("must be true or false"));
    case ScalarType.BYTES:
      return (text, fail) => (BASE64.test(text) ? decodeBase64(text, fail) : fail("must be base64"));
    case ScalarType.STRING:
      return (text, fail) => (text.isWellFormed() ? text : fail("must be well-formed Unicode"));
    default:
      return type satisfies never;
  }
}

/** A parser for an enum: a name or a number, or a name alone. */
export function enumTextParser(desc: DescEnum, style: JsonStyle, takes: "all" | "names" = "all"): TextParser {
  const numbers = enumNumbersOf(desc, style);
  const known = [...enumNamesOf(desc, style).values()].slice(0, 20).join(", ");
  return (text, fail) => {
    const named = numbers.get(text);
    if (named !== undefined) return named;
    if (takes === "names" || !/^-?\d+$/.test(text)) return fail(`must be one of ${known}`);
    const number = Number(parseInteger(text, INT32, fail));
    return !desc.open && !desc.value[number] ? fail(`must be one of ${known}`) : number;
  };
}

/** What the text of a well-known type must look like; the types not listed have no text form. */
const WELL_KNOWN: Readonly<Record<string, string>> = {
  "google.protobuf.Timestamp": "must be an RFC 3339 time such as 2026-01-31T12:00:00Z",
  "google.protobuf.Duration": 'must be a number of seconds that ends in "s", such as 1.5s',
  "google.protobuf.FieldMask": "must be field names separated by commas",
};

/**
 * A parser for a field that a single text can hold: scalars, enums, wrappers, Timestamp, Duration and FieldMask.
 * Undefined for any other field. The value is what protobuf-es keeps in a singular field of this type.
 */
export function fieldTextParser(field: DescField, style: JsonStyle): TextParser | undefined {
  if (field.fieldKind === "map") return undefined;
  if (field.enum) return enumTextParser(field.enum, style);
  if (field.scalar !== undefined) return scalarTextParser(field.scalar, "longAsString" in field && field.longAsString);
  const { message } = field;
  if (!message) return undefined;
  const wrapped = wrappedScalar(message.typeName, message.fields[0]);
  if (wrapped !== undefined) return scalarTextParser(wrapped, false);
  return messageTextParser(message);
}

/** A parser for a well-known type whose JSON is a text; undefined for any other. */
export function messageTextParser(desc: DescMessage): TextParser | undefined {
  const expectation = textExpectationOf(desc);
  if (!expectation) return undefined;
  if (desc.typeName === FieldMaskSchema.typeName) {
    return (text, fail) => create(FieldMaskSchema, { paths: maskPaths(text) ?? fail(expectation) });
  }
  return (text, fail) => {
    try {
      return fromJson(desc, text as JsonValue);
    } catch {
      return fail(expectation);
    }
  };
}

/** What the text of a well-known type must look like; undefined for a type whose JSON is no text. */
export function textExpectationOf({ typeName }: DescMessage): string | undefined {
  return WELL_KNOWN[typeName];
}

/** The paths of a mask in contract names. JSON writes them in camel case, and takes the contract's own as well. */
function maskPaths(text: string): string[] | undefined {
  const paths = text === "" ? [] : text.split(",");
  if (!paths.every((path) => /^[\w*]+(?:\.[\w*]+)*$/.test(path))) return undefined;
  return paths.map((path) => path.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`));
}

/** The scalar inside one of the wrapper types (`google.protobuf.Int32Value`, …). */
export function wrappedScalar(typeName: string, value: DescField | undefined): ScalarType | undefined {
  return /^google\.protobuf\.(?:Double|Float|U?Int(?:32|64)|Bool|String|Bytes)Value$/.test(typeName)
    ? value?.scalar
    : undefined;
}

function long(range: { min: bigint; max: bigint }, asString: boolean): TextParser {
  return (text, fail) => {
    const value = parseInteger(text, range, fail);
    return asString ? value.toString() : value;
  };
}

/** What is within 32 bits however it is looked at: most ids, and without a BigInt. */
function parseSmall(text: string): number | undefined {
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}

function parseInteger(text: string, range: { min: bigint; max: bigint }, fail: Fail): bigint {
  const value = /^-?\d{1,20}$/.test(text) ? BigInt(text) : exactInteger(text);
  if (value === undefined) return fail("must be an integer");
  return value < range.min || value > range.max ? fail(`must be between ${range.min} and ${range.max}`) : value;
}

/** Proto3 JSON also takes `1.0` and `1e2` for an integer; what is not exactly one is refused, however close it is. */
function exactInteger(text: string): bigint | undefined {
  const match = /^(-?)(\d{1,40})(?:\.(\d{1,40}))?(?:[eE]([+-]?\d{1,2}))?$/.exec(text);
  if (!match) return undefined;
  const [, sign = "", whole = "", fraction = "", exponent = "0"] = match;
  const digits = whole + fraction;
  const point = whole.length + Number(exponent);
  if (/[^0]/.test(digits.slice(Math.max(point, 0)))) return undefined;
  const magnitude = point <= 0 ? 0n : BigInt(digits.slice(0, point).padEnd(point, "0"));
  return sign ? -magnitude : magnitude;
}

function parseFloating(text: string, max: number, fail: Fail): number {
  if (text === "NaN" || text === "Infinity" || text === "-Infinity") return Number(text);
  if (!NUMBER.test(text)) return fail("must be a number");
  const value = Number(text);
  return Math.abs(value) > max ? fail(`must be between -${max} and ${max}`) : value;
}

function decodeBase64(text: string, fail: Fail): Uint8Array {
  try {
    return base64Decode(text);
  } catch {
    return fail("must be base64");
  }
}

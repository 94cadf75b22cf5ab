import { ScalarType } from "@bufbuild/protobuf";
import type { FIXED_READERS } from "./byte-source.ts";

/** How source code treats values of one scalar type. `v` is the value, `w` the sink, `r` the source. */
export interface ScalarCode {
  readonly wireType: 0 | 1 | 2 | 5;
  /** Whether `v` is of this type and within its range. Others are left to protobuf-es, which knows what to say of them. */
  readonly isValid: string;
  /** Whether `v` is the value that is not written without presence. */
  readonly isZero: string;
  readonly write: string;
  /** Puts a value into `v`. */
  readonly read: string;
}

/** Gives up on a message that is not read to the end. */
const orGiveUp = (isBad: string): string => `if (${isBad}) return false;`;

const INT32 = "(v | 0) === v";
const UINT32 = "v >>> 0 === v";
const INT64 = 'typeof v === "bigint" && BigInt.asIntN(64, v) === v';
const UINT64 = 'typeof v === "bigint" && BigInt.asUintN(64, v) === v';

/** A negative zero is written. */
const POSITIVE_ZERO = "Object.is(v, 0)";

const varint = (isValid: string, write: string, convert: string): ScalarCode => ({
  wireType: 0,
  isValid,
  isZero: "v === 0",
  write: `w.${write}(v);`,
  read: `v = r.varint(); ${orGiveUp("v < 0")} ${convert}`,
});

const varint64 = (isValid: string, write: string, convert: string): ScalarCode => ({
  wireType: 0,
  isValid,
  isZero: "v === 0n",
  write: `w.${write}(v);`,
  read: `v = r.varint64(); ${orGiveUp("v === undefined")} ${convert}`,
});

const fixed = (
  bytes: 4 | 8,
  isValid: string,
  isZero: string,
  write: string,
  reader: keyof typeof FIXED_READERS,
): ScalarCode => ({
  wireType: bytes === 4 ? 5 : 1,
  isValid,
  isZero,
  write: `w.${write}(v);`,
  read: `v = r.fixed(${bytes}, fixed.${reader}); ${orGiveUp("v === undefined")}`,
});

const text = (isValid: string, isZero: string, method: string): ScalarCode => ({
  wireType: 2,
  isValid,
  isZero,
  write: `w.${method}(v);`,
  read: `v = r.${method}(); ${orGiveUp("v === undefined")}`,
});

const CODES: Readonly<Record<ScalarType, ScalarCode>> = {
  [ScalarType.DOUBLE]: fixed(8, 'typeof v === "number"', POSITIVE_ZERO, "double", "double"),
  [ScalarType.FLOAT]: fixed(
    4,
    'typeof v === "number" && (Number.isFinite(Math.fround(v)) || !Number.isFinite(v))',
    POSITIVE_ZERO,
    "float",
    "float",
  ),
  [ScalarType.INT64]: varint64(INT64, "int64", "v = BigInt.asIntN(64, v);"),
  [ScalarType.UINT64]: varint64(UINT64, "int64", ""),
  [ScalarType.INT32]: varint(INT32, "int32", "v |= 0;"),
  [ScalarType.FIXED64]: fixed(8, UINT64, "v === 0n", "fixed64", "uint64"),
  [ScalarType.FIXED32]: fixed(4, UINT32, "v === 0", "fixed32", "uint32"),
  [ScalarType.BOOL]: {
    wireType: 0,
    isValid: 'typeof v === "boolean"',
    isZero: "v === false",
    write: "w.varint(v ? 1 : 0);",
    read: `v = r.bool(); ${orGiveUp("v === undefined")}`,
  },
  [ScalarType.STRING]: text('typeof v === "string"', 'v === ""', "string"),
  [ScalarType.BYTES]: text("v instanceof Uint8Array", "v.length === 0", "bytes"),
  [ScalarType.UINT32]: varint(UINT32, "varint", ""),
  [ScalarType.SFIXED32]: fixed(4, INT32, "v === 0", "fixed32", "int32"),
  [ScalarType.SFIXED64]: fixed(8, INT64, "v === 0n", "fixed64", "int64"),
  [ScalarType.SINT32]: varint(INT32, "sint32", "v = (v >>> 1) ^ -(v & 1);"),
  [ScalarType.SINT64]: varint64(INT64, "sint64", "v = BigInt.asIntN(64, (v >> 1n) ^ -(v & 1n));"),
};

export function scalarCode(type: ScalarType): ScalarCode {
  return CODES[type];
}

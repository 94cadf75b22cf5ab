import { type DescMessage, ScalarType } from "@bufbuild/protobuf";
import type { Random } from "@parley/core";
import { below, pick } from "./random-message.ts";

/** A varint as no encoder writes it: `length` octets whatever its value needs, and with more than 64 bits if there is room. */
export function paddedVarint(value: bigint, length: number): Buffer {
  return Buffer.from(
    Array.from({ length }, (_, at) => {
      const bits = Number((value >> BigInt(7 * at)) & 0x7fn);
      return at === length - 1 ? bits : bits | 0x80;
    }),
  );
}

const VARINTS: ReadonlySet<ScalarType> = new Set([
  ScalarType.BOOL,
  ScalarType.INT32,
  ScalarType.UINT32,
  ScalarType.SINT32,
  ScalarType.INT64,
  ScalarType.UINT64,
  ScalarType.SINT64,
]);

/** Values whose lower 32 bits say something else than all of them do. */
const VALUES = [0n, 1n, 2n, 2n ** 31n, 2n ** 32n, 2n ** 32n + 1n, 2n ** 33n, 2n ** 63n, 2n ** 64n - 1n, 2n ** 69n];

/** A message of one to three varint fields (bool, enum, integers; packed as well), whose tags, lengths and values are oddly long. */
export function oddVarints(schema: DescMessage, random: Random): Buffer {
  const fields = schema.fields.filter(
    (field) => field.fieldKind !== "map" && (field.enum || (field.scalar !== undefined && VARINTS.has(field.scalar))),
  );
  const varint = (value: bigint): Buffer => paddedVarint(value, 1 + below(random, pick(random, [4, 11])));
  const value = (): Buffer => varint(pick(random, VALUES));
  const parts = Array.from({ length: 1 + below(random, 3) }, () => {
    const { number, fieldKind } = pick(random, fields);
    const upper = random.next() < 0.3 ? 2n ** 32n * BigInt(below(random, 8)) : 0n;
    const tagLength = (tag: bigint): number => Math.max(1, Math.ceil(tag.toString(2).length / 7)) + below(random, 3);
    const tagged = (wireType: number): Buffer => {
      const tag = (BigInt(number << 3) | BigInt(wireType)) + upper;
      return paddedVarint(tag, tagLength(tag));
    };
    if (fieldKind !== "list" || random.next() < 0.5) return Buffer.concat([tagged(0), value()]);
    const packed = Buffer.concat(Array.from({ length: below(random, 4) }, value));
    return Buffer.concat([tagged(2), varint(BigInt(packed.length)), packed]);
  });
  return Buffer.concat(parts);
}

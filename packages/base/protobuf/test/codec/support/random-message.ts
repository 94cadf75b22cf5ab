import { create, type DescField, type DescMessage, type Message, ScalarType } from "@bufbuild/protobuf";
import type { Random } from "@parley/core";

type Fields = Record<string, unknown>;

/** Any message of a type: about every third field is set, to a value that is as often an edge as not. */
export function randomMessage(schema: DescMessage, random: Random, depth = 0): Message {
  const message = create(schema);
  const fields = message as unknown as Fields;
  for (const field of schema.fields) {
    if (random.next() > 0.3) continue;
    const isMessage = field.message !== undefined;
    if (isMessage && depth > 2) continue;
    const value = (): unknown => anyValue(field, random, depth);
    if (field.oneof) fields[field.oneof.localName] = { case: field.localName, value: value() };
    else if (field.fieldKind === "list") fields[field.localName] = Array.from({ length: below(random, 4) }, value);
    else if (field.fieldKind === "map") fields[field.localName] = { [`k${below(random, 3)}`]: value() };
    else fields[field.localName] = value();
  }
  return message;
}

function anyValue(field: DescField, random: Random, depth: number): unknown {
  if (field.enum) return pick(random, field.enum.open ? [0, 1, -5, 77] : [0, 1, -5]);
  if (!field.message) {
    const long = field.fieldKind !== "map" && field.longAsString;
    return long ? "77" : scalar(field.scalar ?? ScalarType.INT32, random);
  }
  const { typeName } = field.message;
  if (typeName === "google.protobuf.Struct" && field.parent.typeName !== "google.protobuf.Value")
    return { a: [1, "b"] };
  if (field.fieldKind === "message" && !field.oneof && typeName === "google.protobuf.StringValue") return text(random);
  return randomMessage(field.message, random, depth + 1);
}

function scalar(type: ScalarType, random: Random): unknown {
  switch (type) {
    case ScalarType.STRING:
      return text(random);
    case ScalarType.BYTES:
      return Uint8Array.from({ length: pick(random, [0, 1, 100, 4_095, 4_096, 5_000, 40_000]) }, (_, at) => at);
    case ScalarType.BOOL:
      return random.next() < 0.5;
    case ScalarType.DOUBLE:
      return pick(random, [0, -0, 1.5, Number.NaN, Number.NEGATIVE_INFINITY, Number.MAX_VALUE, 5e-324]);
    case ScalarType.FLOAT:
      return pick(random, [0, -0, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 3.25]);
    case ScalarType.INT64:
    case ScalarType.SINT64:
    case ScalarType.SFIXED64:
      return pick(random, [
        0n,
        1n,
        -1n,
        127n,
        128n,
        2n ** 31n,
        2n ** 32n - 1n,
        2n ** 53n,
        2n ** 63n - 1n,
        -(2n ** 63n),
      ]);
    case ScalarType.UINT64:
    case ScalarType.FIXED64:
      return pick(random, [0n, 1n, 2n ** 31n - 1n, 2n ** 31n, 2n ** 35n, 2n ** 53n + 1n, 2n ** 63n, 2n ** 64n - 1n]);
    case ScalarType.UINT32:
    case ScalarType.FIXED32:
      return pick(random, [0, 1, 127, 128, 16_383, 16_384, 2 ** 31, 2 ** 32 - 1]);
    default:
      return pick(random, [0, 1, -1, 127, 128, -128, 2 ** 21, 2 ** 31 - 1, -(2 ** 31)]);
  }
}

/** Lengths about the borders of prefixes and of short cuts, in characters of one to four octets, some broken. */
function text(random: Random): string {
  const length = pick(random, [0, 1, 23, 24, 25, 42, 43, 63, 64, 65, 127, 128, 5_500]);
  const alphabet = pick(random, ["abc", "abcé", "é", "€uro", "😀", "\uFEFFa", "a\uFFFD", "\uD800x", "\0"]);
  let made = "";
  while (made.length < length) made += alphabet[below(random, alphabet.length)];
  return random.next() < 0.5 ? made : alphabet.repeat(Math.ceil(length / alphabet.length));
}

export function below(random: Random, limit: number): number {
  return Math.floor(random.next() * limit);
}

export function pick<T>(random: Random, choices: readonly T[]): T {
  return choices[below(random, choices.length)] as T;
}

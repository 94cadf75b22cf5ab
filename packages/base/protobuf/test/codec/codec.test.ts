import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { create, type DescMessage, fromBinary, type Message, ScalarType, toBinary } from "@bufbuild/protobuf";
import { TimestampSchema, ValueSchema } from "@bufbuild/protobuf/wkt";
import type { Random } from "@parley/core";
import { createSeededRandom } from "@parley/core/internal";
import { describe, expect, test } from "vitest";
import { messageCodecOf } from "../../src/codec/message-codec.ts";
import { everyField } from "./support/every-field.ts";
import { oddVarints, paddedVarint } from "./support/odd-varints.ts";
import { below, pick, randomMessage } from "./support/random-message.ts";

/**
 * A message as somebody might write it by hand: plain objects among the messages, arrays for octets, nothing for a value, a name
 * too many.
 */
function loosened(value: unknown, random: Random): unknown {
  if (value instanceof Uint8Array) return random.next() < 0.5 ? [...value] : value;
  if (Array.isArray(value)) return value.map((each) => loosened(each, random));
  if (typeof value !== "object" || value === null) return random.next() < 0.1 ? pick(random, [null, undefined]) : value;
  if (random.next() > 0.7) return value;
  const entries = Object.entries(value).filter(([key]) => key !== "$typeName");
  return Object.fromEntries([...entries.map(([key, each]) => [key, loosened(each, random)]), ["other", 1]]);
}

/** Or what it throws. */
function outcome<T>(run: () => T): T | string {
  try {
    return run();
  } catch (error) {
    return String(error);
  }
}

const SCHEMAS: readonly (readonly [string, DescMessage])[] = [
  ["every kind of field", everyField("proto3")],
  ["every kind of field, with presence (proto2)", everyField("proto2")],
  ["fields that are kept as they are given", everyField("proto3", "simple")],
  ["a well-known type", TimestampSchema],
  ["a type that contains itself", ValueSchema],
];

describe.each(SCHEMAS)("property: the same as protobuf-es, %s", (_name, schema) => {
  const codec = messageCodecOf(schema);
  const sameAs = (octets: Uint8Array): void => {
    const expected = outcome(() => fromBinary(schema, octets));
    expect(outcome(() => codec.decode(octets))).toStrictEqual(expected);
  };

  test.each([1, 2, 3, 4])("what is written and read (seed %d)", (seed) => {
    const random = createSeededRandom(seed);
    for (let round = 0; round < 40; round++) {
      const message = randomMessage(schema, random);
      const octets = toBinary(schema, message);
      expect(Buffer.compare(codec.encode(message), octets)).toBe(0);
      expect(Buffer.compare(codec.encode(message, 5).subarray(5), octets)).toBe(0);
      sameAs(octets);
    }
  });

  test.each([11, 12, 13])("what is made of what its creator gives (seed %d)", (seed) => {
    const random = createSeededRandom(seed);
    expect(codec.create()).toStrictEqual(create(schema));
    for (let round = 0; round < 60; round++) {
      const init = loosened(randomMessage(schema, random), random) as object;
      expect(outcome(() => codec.create(init))).toStrictEqual(outcome(() => create(schema, init as never)));
    }
    const message = randomMessage(schema, random);
    expect(codec.create(message)).toBe(message);
  });

  test.each([5, 6, 7])("octets that were changed, cut or joined (seed %d)", (seed) => {
    const random = createSeededRandom(seed);
    for (let round = 0; round < 60; round++) {
      const octets = toBinary(schema, smallMessage(schema, random));
      sameAs(octets.subarray(0, below(random, octets.length)));
      sameAs(Buffer.concat([octets, toBinary(schema, smallMessage(schema, random))]));
      for (let change = 0; change < 4 && octets.length > 0; change++) {
        octets[below(random, octets.length)] = pick(random, [0, 1, 0x7f, 0x80, 0xff, below(random, 256)]);
        sameAs(octets);
      }
    }
  });

  test.each([21, 22, 23])("varints of more octets or bits than they need: values, tags, lengths (seed %d)", (seed) => {
    const random = createSeededRandom(seed);
    for (let round = 0; round < 2_000; round++) sameAs(oddVarints(schema, random));
  });

  test("values that no field may have", () => {
    const random = createSeededRandom(8);
    const wrong = [
      null,
      "x",
      1.5,
      Number.NaN,
      -1,
      2 ** 40,
      2n ** 70n,
      {},
      [],
      ["x"],
      true,
      new Uint8Array(2),
      undefined,
    ];
    for (let round = 0; round < 300; round++) {
      const message = smallMessage(schema, random) as unknown as Record<string, unknown>;
      const { localName, oneof } = pick(random, schema.fields);
      if (oneof) message[oneof.localName] = { case: localName, value: pick(random, wrong) };
      else message[localName] = pick(random, wrong);
      const write = (run: (it: Message) => Uint8Array): Buffer | string => {
        const made = outcome(() => run(message as unknown as Message));
        return typeof made === "string" ? made : Buffer.from(made);
      };
      expect(write(codec.encode)).toStrictEqual(write((it) => toBinary(schema, it)));
    }
  });
});

function smallMessage(schema: DescMessage, random: Random): Message {
  for (;;) {
    const message = randomMessage(schema, random, 2);
    if (toBinary(schema, message).length < 3_000) return message;
  }
}

test("a bool whose upper bits alone are set is true, and a tag above 32 bits is refused", () => {
  const schema = everyField("proto3");
  const codec = messageCodecOf(schema);
  const bool = schema.fields.find(({ name }) => name === `s${ScalarType.BOOL}`)?.number ?? 0;
  const tag = paddedVarint(BigInt(bool << 3), 2);
  for (const bits of ["8080808020", "8080808010", "80808080808080808001"]) {
    const read = codec.decode(Buffer.concat([tag, Buffer.from(bits, "hex")])) as unknown as Record<string, unknown>;
    expect(read[`s${ScalarType.BOOL}`]).toBe(true);
  }
  for (const tooLong of [paddedVarint(BigInt(bool << 3) + 2n ** 32n, 5), paddedVarint(BigInt(bool << 3), 6)]) {
    expect(() => codec.decode(Buffer.concat([tooLong, Buffer.of(1)]))).toThrow("illegal tag");
  }
});

test("fields that are unknown are kept and written again", () => {
  const octets = Buffer.concat([
    toBinary(TimestampSchema, create(TimestampSchema, { nanos: 1 })),
    Buffer.of(0xf8, 7, 5),
  ]);
  const codec = messageCodecOf(TimestampSchema);
  const message = codec.decode(octets);
  expect(message.$unknown).toHaveLength(1);
  expect(Buffer.from(codec.encode(message))).toEqual(octets);
});

test("nesting as deep as protobuf-es allows is read, and deeper is refused", () => {
  const schema = everyField("proto3");
  const self = schema.fields.find((it) => it.name === "self")?.number ?? 0;
  const nested = (levels: number): Uint8Array => {
    let octets = new Uint8Array(0);
    for (let level = 1; level < levels; level++) {
      const prefix: number[] = [];
      for (const value of [(self << 3) | 2, octets.length]) {
        let rest = value;
        for (; rest > 0x7f; rest >>>= 7) prefix.push((rest & 0x7f) | 0x80);
        prefix.push(rest);
      }
      octets = Buffer.concat([Buffer.from(prefix), octets]);
    }
    return octets;
  };
  const codec = messageCodecOf(schema);
  expect(codec.decode(nested(100))).toStrictEqual(fromBinary(schema, nested(100)));
  expect(() => codec.decode(nested(101))).toThrow("recursion depth");
});

test("messages stay as they are while others are written: many small ones, and ones larger than a slab", () => {
  const schema = everyField("proto3");
  const codec = messageCodecOf(schema);
  const random = createSeededRandom(9);
  const kept = Array.from({ length: 300 }, () => {
    const message = randomMessage(schema, random, 2);
    return { octets: codec.encode(message), expected: toBinary(schema, message) };
  });
  for (const { octets, expected } of kept) expect(Buffer.compare(octets, expected)).toBe(0);
});

test("a message whose field encodes another one on the way", () => {
  const codec = messageCodecOf(ValueSchema);
  const inner = create(ValueSchema, { kind: { case: "stringValue", value: "inner" } });
  const outer = create(ValueSchema);
  Object.defineProperty(outer, "kind", {
    get: () => ({ case: "stringValue", value: Buffer.from(codec.encode(inner)).toString("hex") }),
  });
  const hex = Buffer.from(toBinary(ValueSchema, inner)).toString("hex");
  expect(fromBinary(ValueSchema, codec.encode(outer)).kind.value).toBe(hex);
});

test("fields of bytes are views of what was read, and plain", () => {
  const schema = everyField("proto3");
  const message = create(schema) as unknown as Record<string, unknown>;
  message.s12 = Uint8Array.of(1, 2, 3);
  const octets = new Uint8Array(toBinary(schema, message as unknown as Message));
  const read = messageCodecOf(schema).decode(octets) as unknown as { s12: Uint8Array };
  expect(read.s12.buffer).toBe(octets.buffer);
  expect(Object.getPrototypeOf(read.s12)).toBe(Uint8Array.prototype);
});

test("where code may not be made of strings, protobuf-es does all", async () => {
  const script = `
    import { create } from "@bufbuild/protobuf";
    import { TimestampSchema } from "@bufbuild/protobuf/wkt";
    import { messageCodecOf } from "./src/codec/message-codec.ts";
    try {
      new Function("return true")();
    } catch (error) {
      const codec = messageCodecOf(TimestampSchema);
      const octets = codec.encode(create(TimestampSchema, { seconds: 7n, nanos: 5 }), 2);
      const { seconds, nanos } = codec.decode(octets.subarray(2));
      process.stdout.write([error.name, octets.length, seconds, nanos].join(" "));
    }`;
  const flags = ["--disallow-code-generation-from-strings", "--conditions=@parley/source", "--input-type=module"];
  const cwd = fileURLToPath(new URL("../..", import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, "-e", script], { cwd });
  expect(stdout).toBe("EvalError 6 7 5");
});

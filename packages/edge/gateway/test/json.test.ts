import { create, createRegistry, type JsonValue, toJson } from "@bufbuild/protobuf";
import { anyPack, StringValueSchema } from "@bufbuild/protobuf/wkt";
import { isParleyError } from "@parley/core";
import type { JsonOptions } from "@parley/protobuf";
import { createMessageReaders, createMessageWriters, JsonReader, resolveJsonStyle } from "@parley/protobuf/internal";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Everything, EverythingSchema, file_everything } from "./gen/everything_pb.ts";

const registry = createRegistry(file_everything, StringValueSchema);

function codec(options: JsonOptions = {}) {
  const style = resolveJsonStyle(options);
  const read = createMessageReaders(style, registry).message(EverythingSchema);
  const write = createMessageWriters(style, registry).message(EverythingSchema);
  return {
    write: (message: Everything) => write(message),
    read(text: string): Everything {
      const json = new JsonReader(text);
      const message = read(json);
      json.readEnd();
      return message as Everything;
    },
  };
}

const long = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const ulong = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const int = fc.integer();
const uint = fc.nat({ max: 2 ** 32 - 1 });
const text = fc.string({ unit: "binary", maxLength: 12 });
const float = fc.float({ noDefaultInfinity: false });
const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const seconds = fc.bigInt({ min: -62_135_596_800n, max: 253_402_300_799n });
const nanos = fc.oneof(
  fc.constant(0),
  fc.nat({ max: 999 }).map((ms) => ms * 1_000_000),
  fc.nat({ max: 999_999_999 }),
);
const timestamp = fc.record({ seconds, nanos });
const anyJson = fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<JsonValue>;
const jsonObject = fc.dictionary(fc.string({ minLength: 1, maxLength: 5 }), anyJson, { maxKeys: 3 });
const book = fc.record({ id: int, name: text, genre: fc.constantFrom(0, 1, 2, 77), soldCopies: long });

const everything = fc
  .record(
    {
      aDouble: fc.double(),
      aFloat: float,
      anInt32: int,
      anInt64: long,
      aUint32: uint,
      aUint64: ulong,
      aSint32: int,
      aSint64: long,
      aFixed32: uint,
      aFixed64: ulong,
      aSfixed32: int,
      aSfixed64: long,
      aBool: fc.boolean(),
      aString: text,
      aBytes: fc.uint8Array({ maxLength: 9 }),
      aGenre: fc.constantFrom(0, 1, 2, 99, -1),
      maybeInt: optional(int),
      maybeString: optional(text),
      manyLongs: fc.array(long, { maxLength: 3 }),
      manyStrings: fc.array(text, { maxLength: 3 }),
      counts: fc.dictionary(fc.string({ maxLength: 4 }), int, { maxKeys: 3 }),
      booksById: fc.dictionary(long.map(String), book, { maxKeys: 2 }),
      byFlag: fc.dictionary(fc.constantFrom("true", "false"), text),
      choice: fc.oneof(
        fc.constant({ case: undefined }),
        fc.record({ case: fc.constant("choiceText"), value: text }),
        fc.record({ case: fc.constant("choiceLong"), value: long }),
        fc.record({ case: fc.constant("choiceBook"), value: book }),
        fc.record({ case: fc.constant("choiceWrapped"), value: fc.record({ value: text }) }),
      ),
      at: optional(timestamp),
      took: optional(
        fc.record({ seconds: fc.bigInt({ min: 0n, max: 10n ** 9n }), nanos: fc.nat({ max: 999_999_999 }) }),
      ),
      data: optional(jsonObject),
      wrappedLong: optional(long),
      wrappedString: optional(text),
      wrappedBool: optional(fc.boolean()),
      times: fc.array(timestamp, { maxLength: 2 }),
      boxedInts: fc.array(fc.record({ value: int }), { maxLength: 2 }),
      textLong: long.map(String),
      objects: fc.array(jsonObject, { maxLength: 2 }),
      oddName: text,
    },
    { requiredKeys: [] },
  )
  .map((fields) => create(EverythingSchema, fields as never))
  .map((message) => {
    message.child = create(EverythingSchema, { anInt32: message.anInt32 });
    message.packed = anyPack(StringValueSchema, create(StringValueSchema, { value: "x" }));
    return message;
  });

describe("JSON", () => {
  test.each(["camel", "proto"] as const)("%s: writes what protobuf-es writes, and reads it back", (fieldNames) => {
    const { read, write } = codec({ fieldNames });
    const options = { registry, useProtoFieldName: fieldNames === "proto", alwaysEmitImplicit: true };
    fc.assert(
      fc.property(everything, (message) => {
        const written = write(message);
        // As JSON text knows it: minus zero is zero there.
        const expected = JSON.parse(JSON.stringify(toJson(EverythingSchema, message, options)));
        expect(JSON.parse(written)).toEqual(expected);
        expect(toJson(EverythingSchema, read(written), options)).toEqual(expected);
      }),
      { numRuns: 300 },
    );
  });

  test("any text is read as a message or refused as INVALID_ARGUMENT, never anything else", () => {
    const { read, write } = codec();
    const mutated = fc
      .tuple(everything, fc.nat(), fc.nat({ max: 3 }), fc.string({ maxLength: 3 }))
      .map(([message, at, cut, paste]) => {
        const written = write(message);
        const from = at % written.length;
        return written.slice(0, from) + paste + written.slice(from + cut);
      });
    fc.assert(
      fc.property(fc.oneof(mutated, fc.string(), fc.json()), (given) => {
        try {
          read(given);
        } catch (error) {
          expect(isParleyError(error) && error.code).toBe("INVALID_ARGUMENT");
        }
      }),
      { numRuns: 2_000 },
    );
  });

  test("reads plain values as JSON.parse does, and refuses what it refuses or would change in silence", () => {
    const CHANGED_IN_SILENCE = /is given twice|beyond what a number can hold|well-formed Unicode/;
    const readAny = (given: string) => {
      const json = new JsonReader(given);
      const value = json.readValue();
      json.readEnd();
      return value;
    };
    const broken = fc.tuple(fc.json(), fc.nat(), fc.string({ maxLength: 2 })).map(([json, at, paste]) => {
      const from = at % (json.length + 1);
      return json.slice(0, from) + paste + json.slice(from);
    });
    fc.assert(
      fc.property(fc.oneof(fc.json(), broken), (given) => {
        let expected: unknown;
        try {
          expected = JSON.parse(given);
        } catch {
          // A text broken at one place may hold a value that is refused before that place is reached.
          expect(() => readAny(given)).toThrow(new RegExp(`malformed JSON|${CHANGED_IN_SILENCE.source}`));
          return;
        }
        let value: unknown;
        try {
          value = readAny(given);
        } catch (error) {
          expect((error as Error).message).toMatch(CHANGED_IN_SILENCE);
          return;
        }
        expect(JSON.parse(JSON.stringify(value))).toEqual(JSON.parse(JSON.stringify(expected)));
      }),
      { numRuns: 2_000 },
    );
  });

  const REFUSED: readonly [name: string, given: string, message: string][] = [
    [
      "a number in free JSON that a double cannot hold",
      '{"anyJson":[1e400]}',
      "any_json[0] is beyond what a number can hold, got 1e400",
    ],
    ["half of a surrogate pair in free JSON", '{"data":{"a":"\\ud800"}}', "data.a must be well-formed Unicode"],
    ["a key of free JSON that is given twice", '{"data":{"a":1,"a":2}}', "data.a is given twice"],
    ["a body that is no object", "null", "the body must be an object, got null"],
    ["a number beyond a double", '{"aDouble":1e400}', "a_double must be between"],
    ["NaN as a bare word", '{"aDouble":NaN}', 'expected a value, found "N"'],
    ["nothing", "", "malformed JSON at line 1, column 1: expected a value, the body ends there"],
    [
      "a cut-off object",
      '{"anInt32": 1',
      'malformed JSON at line 1, column 14: expected "," or "}", the body ends there',
    ],
    [
      "a bad place on a later line",
      '{\n  "anInt32": 1,\n  "aBool" true}',
      'malformed JSON at line 3, column 11: expected ":", found "t"',
    ],
    [
      "a trailing comma",
      '{"anInt32":1,}',
      'malformed JSON at line 1, column 14: expected a field name in double quotes, found "}"',
    ],
    ["text after the end", "{} {}", 'malformed JSON at line 1, column 4: expected the end of the body, found "{"'],
    [
      "a leading zero",
      '{"anInt32":01}',
      'malformed JSON at line 1, column 13: expected the end of a number, found "1"',
    ],
    [
      "a raw line break in a string",
      '{"aString":"a\nb"}',
      'malformed JSON at line 1, column 14: expected no raw control character in a string, found "\\n"',
    ],
    [
      "a bad escape",
      '{"aString":"\\x"}',
      'malformed JSON at line 1, column 12: expected a string with valid escapes, found "\\""',
    ],
    ["no object", "[]", "must be an object, got []"],
    ["an unknown field", '{"nope":1}', "nope is not a known field"],
    ["an unknown field, deep", '{"child":{"children":[{},{"nope":1}]}}', "child.children[1].nope is not a known field"],
    ["__proto__", '{"__proto__":{"x":1}}', "__proto__ is not a known field"],
    ["a field given twice", '{"anInt32":1,"anInt32":2}', "an_int32 is given twice"],
    ["a field given by both names", '{"anInt32":1,"an_int32":2}', "an_int32 is given twice"],
    ["two of a oneof", '{"choiceText":"a","choiceLong":1}', "choice_long cannot be given together with choiceText"],
    ["a text for an integer", '{"anInt32":"abc"}', 'an_int32 must be an integer, got "abc"'],
    ["a fraction for an integer", '{"anInt32":1.5}', "an_int32 must be an integer, got 1.5"],
    [
      "nearly an integer",
      '{"anInt32":1.00000000000000000001}',
      "an_int32 must be an integer, got 1.00000000000000000001",
    ],
    [
      "too large an int32",
      '{"anInt32":2147483648}',
      "an_int32 must be between -2147483648 and 2147483647, got 2147483648",
    ],
    ["a negative uint32", '{"aUint32":-1}', "a_uint32 must be between 0 and 4294967295, got -1"],
    [
      "an int64 out of range",
      '{"anInt64":"9223372036854775808"}',
      'an_int64 must be between -9223372036854775808 and 9223372036854775807, got "9223372036854775808"',
    ],
    ["an object for a string", '{"aString":{"a":1}}', 'a_string must be a string, got {"a":1}'],
    ["a text for a bool", '{"aBool":"true"}', 'a_bool must be true or false, got "true"'],
    [
      "a double out of range",
      '{"aDouble":1e999}',
      "a_double must be between -1.7976931348623157e+308 and 1.7976931348623157e+308, got 1e999",
    ],
    ["a lone surrogate", '{"aString":"\\ud800"}', 'a_string must be well-formed Unicode, got "\\ud800"'],
    [
      "an unknown enum value",
      '{"aGenre":"POETRY"}',
      'a_genre must be one of GENRE_UNSPECIFIED, GENRE_FICTION, GENRE_SCIENCE, got "POETRY"',
    ],
    ["a number in quotes for an enum", '{"aGenre":"2"}', "a_genre must be one of GENRE_UNSPECIFIED, GENRE_FICTION"],
    ["bad base64", '{"aBytes":"*"}', 'a_bytes must be base64, got "*"'],
    ["a bad time", '{"at":"yesterday"}', 'at must be an RFC 3339 time such as 2026-01-31T12:00:00Z, got "yesterday"'],
    ["null in a list", '{"manyStrings":[null]}', "many_strings[0] must be a string, got null"],
    ["a bad key", '{"booksById":{"x":{}}}', "books_by_id.x has a key that must be an integer"],
    ["a key given twice", '{"counts":{"a":1,"a":2}}', "counts.a is given twice"],
  ];

  test.each(REFUSED)("refuses %s", (_, given, message) => {
    expect(() => codec().read(given)).toThrow(message);
  });

  test("refuses nesting without end, on little stack", () => {
    const deep = `${'{"child":'.repeat(5_000)}{}${"}".repeat(5_000)}`;
    expect(() => codec().read(deep)).toThrow("is nested deeper than the 100 messages");
    expect(() => codec().read(`{"anyJson":${"[".repeat(100_000)}`)).toThrow("is nested deeper than the 100 messages");
  });

  test("a key called __proto__ is just a key", () => {
    const { counts, data } = codec().read('{"counts":{"__proto__":1},"data":{"__proto__":{"polluted":true}}}');
    expect(Object.keys(counts)).toEqual(["__proto__"]);
    expect(Object.keys(data ?? {})).toEqual(["__proto__"]);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  test("takes what proto3 JSON allows beyond the obvious", () => {
    const message = codec().read(
      '{"anInt32":1e2,"an_int64":"-5","aUint64":7.0,"aDouble":"NaN","aGenre":2,"aBytes":"_-8","maybeInt":null,"anyJson":null,"wrappedBool":true}',
    );
    expect(message).toMatchObject({ anInt32: 100, anInt64: -5n, aUint64: 7n, aDouble: Number.NaN, aGenre: 2 });
    expect([...message.aBytes]).toEqual([255, 239]);
    expect(message.maybeInt).toBeUndefined();
    expect(message.anyJson?.kind.case).toBe("nullValue");
  });

  test.each(["9007199254740993", "-9223372036854775808", "9223372036854775807", "9007199254740993.0", "1e18"])(
    "an int64 without quotes is read exactly: %s",
    (written) => {
      const expected = written === "1e18" ? 10n ** 18n : BigInt(written.replace(".0", ""));
      expect(codec().read(`{"anInt64":${written},"manyLongs":[${written}],"wrappedLong":${written}}`)).toMatchObject({
        anInt64: expected,
        manyLongs: [expected],
        wrappedLong: expected,
      });
    },
  );

  test("int64 as a number is exact or refused, and the field is named", () => {
    const { write } = codec({ int64: "number" });
    const safe = create(EverythingSchema, { anInt64: 9_007_199_254_740_991n });
    expect(JSON.parse(write(safe))).toMatchObject({ anInt64: 9_007_199_254_740_991 });
    const unsafe = create(EverythingSchema, { anInt64: 9_007_199_254_740_992n });
    expect(() => write(unsafe)).toThrow(/beyond what a JSON number holds exactly/);
    expect(() => write(unsafe)).toThrow(/^anInt64 is beyond what a JSON number holds exactly/);
  });

  test("short enum names on output, both on input; unknown fields ignored if asked", () => {
    const { read, write } = codec({ enumNames: "short", unknownFields: "ignore" });
    expect(read('{"aGenre":"SCIENCE","nope":{"x":[1]}}').aGenre).toBe(2);
    expect(JSON.parse(write(read('{"aGenre":"GENRE_FICTION"}')))).toMatchObject({ aGenre: "FICTION" });
  });
});

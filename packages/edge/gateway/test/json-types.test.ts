import { create, toBinary } from "@bufbuild/protobuf";
import {
  anyPack,
  BoolValueSchema,
  DurationSchema,
  EmptySchema,
  FieldMaskSchema,
  Int64ValueSchema,
  StringValueSchema,
  StructSchema,
  TimestampSchema,
} from "@bufbuild/protobuf/wkt";
import { describe, expect, test } from "vitest";
import { LegacySchema, Shade } from "./gen/legacy_pb.ts";
import { type Carried, CarriedSchema, Colour } from "./gen/odd_pb.ts";
import { LabelSchema } from "./gen/shared_pb.ts";
import { openLibrary } from "./support/library.ts";
import { openOdd } from "./support/odd.ts";

const URL_PREFIX = "type.googleapis.com/";

describe("an Any", () => {
  const held = create(CarriedSchema, { detail: anyPack(StringValueSchema, create(StringValueSchema, { value: "x" })) });
  const CASES = [
    [
      "a type that is imported by way of another file",
      LabelSchema,
      create(LabelSchema, { textValue: "x", weight: 2n ** 60n }),
      { textValue: "x", weight: String(2n ** 60n) },
    ],
    ["a Timestamp", TimestampSchema, create(TimestampSchema, { seconds: 1n }), { value: "1970-01-01T00:00:01Z" }],
    ["a Duration", DurationSchema, create(DurationSchema, { seconds: 90n }), { value: "90s" }],
    ["a StringValue", StringValueSchema, create(StringValueSchema, { value: "x" }), { value: "x" }],
    ["an Int64Value", Int64ValueSchema, create(Int64ValueSchema, { value: 2n ** 60n }), { value: String(2n ** 60n) }],
    ["a BoolValue", BoolValueSchema, create(BoolValueSchema, { value: true }), { value: true }],
    [
      "a Struct",
      StructSchema,
      create(StructSchema, { fields: { a: { kind: { case: "numberValue", value: 1 } } } }),
      { value: { a: 1 } },
    ],
    ["a FieldMask", FieldMaskSchema, create(FieldMaskSchema, { paths: ["a_b"] }), { value: "aB" }],
    ["an Empty", EmptySchema, create(EmptySchema), {}],
    [
      "an Any in another",
      CarriedSchema,
      held,
      { detail: { "@type": `${URL_PREFIX}google.protobuf.StringValue`, value: "x" } },
    ],
  ] as const;

  test.each(CASES)("of %s is answered and taken", async (_name, schema, message, fields) => {
    const { gateway, requests } = openOdd();
    const detail = { ...fields, "@type": URL_PREFIX + schema.typeName }; // the type comes last: it may stand anywhere
    const payload = { detail, details: [detail, detail] };
    const response = await gateway.inject({ method: "POST", url: "/v1/carried", payload });
    expect(response.statusCode, response.body).toBe(200);
    expect(response.json()).toMatchObject(payload);
    const packed = anyPack(schema as typeof LabelSchema, message as never);
    expect((requests[0] as Carried).detail).toEqual(packed);
  });

  test("is written in the style of the edge, also what is within it", async () => {
    const json = { fieldNames: "proto", int64: "number" } as const;
    const detail = { "@type": `${URL_PREFIX}odd.shared.Label`, text_value: "x", weight: 7 };
    const response = await openOdd({ json }).gateway.inject({
      method: "POST",
      url: "/v1/carried",
      payload: { detail },
    });
    expect(response.json().detail).toEqual(detail);
  });

  const REFUSED: readonly (readonly [string, string])[] = [
    ['{"@type":"type.googleapis.com/odd.Nothing"}', 'detail must have a known "@type"'],
    ['{"@type":"odd.shared.Label"}', 'detail must have a known "@type"'],
    ['{"@type":5}', "detail.@type must be a string"],
    ['{"textValue":"x"}', 'detail must have a "@type"'],
    ['"x"', 'detail must be an object with "@type"'],
    ['{"@type":"x/odd.shared.Label","@type":"x/odd.shared.Label"}', "detail.@type is given twice"],
    ['{"@type":"x/odd.shared.Label","nope":1}', "detail.nope is not a known field"],
    ['{"@type":"x/google.protobuf.StringValue"}', 'detail must have a "value"'],
    ['{"@type":"x/google.protobuf.StringValue","value":"a","value":"b"}', "detail.value is given twice"],
    ['{"@type":"x/google.protobuf.StringValue","value":"a","other":1}', "detail.other is not a known field"],
    ['{"@type":"x/odd.legacy.Legacy"}', "detail must have all fields that odd.legacy.Legacy requires"],
  ];

  test.each(REFUSED)("%s is refused", async (detail, message) => {
    const payload = `{"detail":${detail}}`;
    const headers = { "content-type": "application/json" };
    const response = await openOdd().gateway.inject({ method: "POST", url: "/v1/carried", payload, headers });
    expect([response.statusCode, response.json().error]).toEqual([400, expect.stringContaining(message)]);
  });
});

test("a method whose request and response are a wrapper takes and answers the bare value", async () => {
  const { gateway, requests } = openOdd();
  const headers = { "content-type": "application/json" };
  const response = await gateway.inject({ method: "POST", url: "/v1/wrapped", payload: '"x"', headers });
  expect([response.statusCode, response.body]).toEqual([200, '"x"']);
  expect(requests[0]).toMatchObject({ $typeName: "google.protobuf.StringValue", value: "x" });
});

describe("names of enum values that the contract does not know", () => {
  const payload = {
    colour: "COLOUR_GREEN",
    colours: ["COLOUR_RED", "COLOUR_GREEN", "COLOUR_BLUE"],
    byName: { sky: "COLOUR_BLUE", grass: "COLOUR_GREEN" },
    chosen: "COLOUR_GREEN",
    text: "x",
  };

  test("are skipped where unknown fields are ignored", async () => {
    const { gateway, requests } = openOdd({ json: { unknownFields: "ignore" } });
    const response = await gateway.inject({ method: "POST", url: "/v1/carried", payload });
    expect(response.statusCode, response.body).toBe(200);
    expect(requests[0]).toMatchObject({
      colour: Colour.UNSPECIFIED,
      colours: [Colour.RED, Colour.BLUE],
      byName: { sky: Colour.BLUE },
      choice: { case: "text", value: "x" },
    });
    expect(Object.keys((requests[0] as Carried).byName)).toEqual(["sky"]);
  });

  test("do not make a PATCH reset their field", async () => {
    const { gateway, calls } = openLibrary({ json: { unknownFields: "ignore" } });
    const book = { name: "Emma", genre: "GENRE_POETRY" };
    await gateway.inject({ method: "PATCH", url: "/v1/volumes/7", payload: book });
    expect(calls[0]).toMatchObject({ message: { updateMask: { paths: ["name"] } } });
  });

  test("are refused otherwise", async () => {
    const response = await openOdd().gateway.inject({ method: "POST", url: "/v1/carried", payload });
    expect([response.statusCode, response.json().error]).toEqual([
      400,
      expect.stringMatching(/^colour must be one of/),
    ]);
  });
});

test.each([
  ["camelCase", "soldCopies,author.fullName"],
  ["snake_case", "sold_copies,author.full_name"],
  ["both", "sold_copies,author.fullName"],
])("a FieldMask is taken in %s, in a body and in a query", async (_name, mask) => {
  const { gateway, calls } = openLibrary();
  await gateway.inject({ method: "POST", url: "/v1/echo", payload: { mask } });
  await gateway.inject(`/v1/books?mask=${mask}`);
  const paths = ["sold_copies", "author.full_name"];
  expect(calls).toMatchObject([{ message: { mask: { paths } } }, { message: { mask: { paths } } }]);
  const broken = await gateway.inject("/v1/books?mask=a,,b");
  expect(broken.json().error).toBe('mask must be field names separated by commas, got "a,,b"');
});

describe("proto2", () => {
  test("a required field that is missing is a mistake of the caller, wherever it is missing", async () => {
    const { gateway, requests } = openOdd({ validate: false });
    const post = async (payload: object) => {
      const { statusCode, body } = await gateway.inject({ method: "POST", url: "/v1/legacy", payload });
      return [statusCode, JSON.parse(body).error];
    };
    expect(await post({})).toEqual([400, "name is required"]);
    expect(await post({ name: "x", parts: [{ count: 1 }, {}] })).toEqual([400, "parts[1].count is required"]);
    expect(await post({ name: "x", "[odd.legacy.spare]": {} })).toEqual([
      400,
      "[odd.legacy.spare] must have all fields that its type requires",
    ]);
    expect(requests).toEqual([]);
    expect((await post({ name: "x", parts: [{ count: 0 }] }))[0]).toBe(200);
  });

  test("extensions are taken and answered", async () => {
    const { gateway, requests } = openOdd();
    const payload = {
      name: "x",
      "[odd.legacy.nick_name]": "y",
      "[odd.legacy.sizes]": ["1", "9007199254740993"],
      "[odd.legacy.spare]": { count: 5 },
      "[odd.legacy.other_shade]": "SHADE_DARK",
    };
    const response = await gateway.inject({ method: "POST", url: "/v1/legacy", payload });
    expect(response.statusCode, response.body).toBe(200);
    expect(response.json()).toEqual({ ...payload, parts: [] });
    const octets = toBinary(LegacySchema, requests[0] as never);
    expect(Buffer.from(octets).includes(Buffer.from([0xb8, 6, Shade.DARK]))).toBe(true);
    const twice = '{"name":"x","[odd.legacy.nick_name]":"a","[odd.legacy.nick_name]":"b"}';
    const headers = { "content-type": "application/json" };
    const refused = await gateway.inject({ method: "POST", url: "/v1/legacy", payload: twice, headers });
    expect(refused.json().error).toBe("[odd.legacy.nick_name] is given twice");
    const unknown = await gateway.inject({
      method: "POST",
      url: "/v1/legacy",
      payload: { name: "x", "[odd.legacy.no]": 1 },
    });
    expect(unknown.json().error).toBe("[odd.legacy.no] is not a known field");
  });
});

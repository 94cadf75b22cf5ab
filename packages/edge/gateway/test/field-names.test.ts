import type { JsonOptions } from "@parley/protobuf";
import { describe, expect, test } from "vitest";
import type { Crossed } from "./gen/odd_pb.ts";
import { openLibrary } from "./support/library.ts";
import { openOdd } from "./support/odd.ts";

describe("two fields of which each is called in JSON as the other is in the contract", () => {
  const STYLES: readonly (readonly [JsonOptions, Partial<Crossed>])[] = [
    [{}, { a: "of b", b: "of a" }],
    [{ fieldNames: "proto" }, { a: "of a", b: "of b" }],
  ];

  test.each(STYLES)("with %j a name means the same in bodies, queries and answers", async (json, expected) => {
    const { gateway, requests } = openOdd({ json });
    const payload = { a: "of a", b: "of b", inner: { a: "of a" } };
    const posted = await gateway.inject({ method: "POST", url: "/v1/crossed", payload });
    expect(requests.at(-1)).toMatchObject(expected);
    expect(posted.json()).toMatchObject(payload);
    const got = await gateway.inject("/v1/crossed?a=of+a&b=of+b&inner.a=of+a");
    expect(requests.at(-1)).toMatchObject(expected);
    expect(got.json()).toMatchObject(payload);
  });

  test("the HTTP rule names the contract's", async () => {
    const { gateway, requests } = openOdd();
    await gateway.inject("/v1/crossed/of+a?a=for-b");
    expect(requests.at(-1)).toMatchObject({ a: "of+a", b: "for-b" });
    const refused = await gateway.inject("/v1/crossed/x?b=y");
    expect(refused.json()).toEqual({ error: "b cannot be given in the query as well" });
  });
});

describe("a single field given twice in a query is refused", () => {
  test.each([
    "pageSize=1&page_size=2",
    "page_size=1&pageSize=2",
    "pageSize=1&pageSize=1",
    "inner.pageSize=1&inner.page_size=2",
    "tags=x&tags=y&page_size=1&pageSize=1",
  ])("%s", async (query) => {
    const { gateway, requests } = openOdd();
    const response = await gateway.inject(`/v1/crossed?${query}`);
    expect(response.statusCode).toBe(400);
    expect(response.json().error).toMatch(/pageSize is given twice$/);
    expect(requests).toEqual([]);
  });

  test("also after more spellings than the route remembers", async () => {
    const { gateway } = openLibrary();
    const fields = ["anInt32", "an_int32", "aString", "a_string", "maybeInt", "maybe_int", "aUint32", "a_uint32"];
    const query = async (name: string): Promise<number> => {
      const { statusCode } = await gateway.inject(`/v1/echo?${name}`);
      return statusCode;
    };
    for (let depth = 0; depth < 30; depth++) {
      const way = "child.".repeat(depth);
      await query(fields.map((field, at) => (at % 2 === 0 ? `${way}${field}=1` : "")).join("&"));
      await query(fields.map((field, at) => (at % 2 === 1 ? `${way}${field}=1` : "")).join("&"));
    }
    const way = "child.".repeat(30);
    expect(await query(`${way}anInt32=1`)).toBe(200);
    expect(await query(`${way}anInt32=1&${way}anInt32=2`)).toBe(400);
    expect(await query(`${way}anInt32=1&${way}an_int32=2`)).toBe(400);
    expect(await query("anInt32=1&an_int32=2")).toBe(400);
  });

  test("a oneof given twice by way of a message within it", async () => {
    const { gateway } = openLibrary();
    for (const query of ["choiceText=x&choiceBook.id=1", "choiceBook.id=1&choiceText=x"]) {
      const response = await gateway.inject(`/v1/echo?${query}`);
      expect(response.statusCode, query).toBe(400);
      expect(response.json().error).toMatch(/cannot be given together with/);
    }
    expect((await gateway.inject("/v1/echo?choiceBook.id=1&choiceBook.name=x")).statusCode).toBe(200);
  });
});

import { create } from "@bufbuild/protobuf";
import { HttpBodySchema } from "@parley/protobuf/protos/google/api/httpbody_pb.js";
import { describe, expect, test } from "vitest";
import { type Carried, Colour, FileSchema } from "./gen/odd_pb.ts";
import { openOdd } from "./support/odd.ts";

const OCTETS = Buffer.from([0xff, 0x00, 0x0d, 0x0a, 0x80]);
const PNG = { contentType: "image/png", data: OCTETS };

describe("google.api.HttpBody", () => {
  test("as request and response: octets and their type, as they are", async () => {
    const { gateway, requests } = openOdd({ json: { envelope: "data" } });
    const headers = { "content-type": "image/png" };
    const response = await gateway.inject({ method: "POST", url: "/v1/convert", payload: OCTETS, headers });
    expect(requests[0]).toMatchObject({ contentType: "image/png" });
    expect([response.statusCode, response.headers["content-type"]]).toEqual([200, "image/png"]);
    expect(response.headers["content-length"]).toBe(String(OCTETS.length));
    expect(response.rawPayload).toEqual(OCTETS);
  });

  test("as the field of a request that the rule's body names, and as the response_body", async () => {
    const { gateway, requests } = openOdd({}, { Download: () => create(FileSchema, { content: PNG }) });
    const headers = { "content-type": "text/plain; charset=latin1" };
    await gateway.inject({ method: "PUT", url: "/v1/files/a.txt", payload: OCTETS, headers });
    expect(requests[0]).toMatchObject({ name: "a.txt", content: { contentType: headers["content-type"] } });
    const response = await gateway.inject("/v1/files/a.png");
    expect([response.headers["content-type"], response.rawPayload]).toEqual(["image/png", OCTETS]);
  });

  test("without content or without a type", async () => {
    const { gateway, requests } = openOdd({}, { Download: () => create(FileSchema) });
    const response = await gateway.inject("/v1/files/none");
    expect([response.headers["content-type"], response.rawPayload.length]).toEqual(["application/octet-stream", 0]);
    await gateway.inject({ method: "POST", url: "/v1/convert" });
    expect(requests[1]).toMatchObject({ contentType: "", data: { length: 0 } });
  });

  test("keeps the limits of bodies: size and compression", async () => {
    const { gateway, requests } = openOdd({ maxBodyBytes: 4 });
    const post = (payload: Buffer, headers = {}) =>
      gateway.inject({ method: "POST", url: "/v1/convert", payload, headers }).then(({ statusCode }) => statusCode);
    expect(await post(Buffer.alloc(5))).toBe(413);
    expect(await post(Buffer.alloc(4), { "content-encoding": "gzip" })).toBe(415);
    expect(requests).toEqual([]);
  });

  test("a type that no header can hold fails the answer alone", async () => {
    const contentType = "text/plain\r\nset-cookie: a=b";
    const { gateway } = openOdd({}, { Convert: () => create(HttpBodySchema, { contentType, data: OCTETS }) });
    const response = await gateway.inject({ method: "POST", url: "/v1/convert" });
    expect([response.statusCode, response.headers["set-cookie"]]).toEqual([500, undefined]);
  });

  test("as a stream: the octets of all its messages, with the type of the first", async () => {
    async function* follow() {
      yield create(HttpBodySchema, { contentType: "video/mp4", data: OCTETS });
      yield create(HttpBodySchema);
      yield create(HttpBodySchema, { data: Buffer.from("end") });
    }
    const { gateway } = openOdd({}, { Follow: follow });
    const headers = { accept: "text/event-stream" };
    const response = await gateway.inject({ url: "/v1/files/a:follow", headers });
    expect([response.statusCode, response.headers["content-type"]]).toEqual([200, "video/mp4"]);
    expect(response.rawPayload).toEqual(Buffer.concat([OCTETS, Buffer.from("end")]));
  });

  test("over a socket, beside JSON on the same connection", async () => {
    const { gateway } = openOdd({}, { Download: () => create(FileSchema, { content: PNG }) });
    const { port } = await gateway.listen({ port: 0, host: "127.0.0.1" });
    try {
      const response = await fetch(`http://127.0.0.1:${port}/v1/files/x`);
      expect(Buffer.from(await response.arrayBuffer())).toEqual(OCTETS);
      const head = await fetch(`http://127.0.0.1:${port}/v1/files/x`, { method: "HEAD" });
      expect(head.headers.get("content-length")).toBe(String(OCTETS.length));
      expect((await fetch(`http://127.0.0.1:${port}/v1/crossed?a=x`)).status).toBe(200);
    } finally {
      await gateway.drain({ graceMs: 1_000 });
    }
  });

  test("is described in OpenAPI as content of any type", async () => {
    const { gateway } = openOdd({ openapi: { title: "Odd", version: "1" } });
    const { paths } = (await gateway.inject("/docs/openapi.json")).json();
    const { post } = paths["/v1/convert"];
    expect(post.requestBody.content).toEqual({ "*/*": {} });
    expect(post.responses[200].content).toEqual({ "*/*": {} });
    expect(paths["/v1/files/{name}"].put.requestBody.content).toEqual({ "*/*": {} });
    expect(paths["/v1/files/{name}:follow"].get.responses[200].content).toEqual({ "*/*": {} });
  });
});

describe("?$alt=json;enum-encoding=int", () => {
  const payload = { colour: "COLOUR_RED", colours: ["COLOUR_BLUE"], byName: { sky: "COLOUR_BLUE" } };

  test.each(["$alt=json;enum-encoding=int", "%24alt=json%3Benum-encoding%3Dint"])(
    "%s writes the values of enums as numbers",
    async (query) => {
      const { gateway, requests } = openOdd();
      const response = await gateway.inject({ method: "POST", url: `/v1/carried?${query}`, payload });
      expect(response.json()).toMatchObject({ colour: 1, colours: [2], byName: { sky: 2 } });
      expect((requests[0] as Carried).colour).toBe(Colour.RED);
    },
  );

  test("$alt=json is what is answered anyway, and any other form or a second one is refused", async () => {
    const { gateway } = openOdd();
    expect((await gateway.inject("/v1/crossed?a=x&$alt=json&pageSize=3")).json()).toMatchObject({
      a: "x",
      pageSize: 3,
    });
    const errorOf = async (query: string) => (await gateway.inject(`/v1/crossed?${query}`)).json().error;
    expect(await errorOf("$alt=media")).toBe('$alt must be one of json, json;enum-encoding=int, got "media"');
    expect(await errorOf("$alt=json&%24alt=json")).toBe("$alt is given twice");
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Envelope } from "../src/envelope/envelope.ts";
import { fromHeaders } from "../src/envelope/from-headers.ts";
import { AMQP_HEADERS, HTTP_HEADERS, KAFKA_HEADERS } from "../src/envelope/header-style.ts";
import { HeaderBytes, HeaderTexts } from "../src/envelope/repeated-headers.ts";
import { toHeaders } from "../src/envelope/to-headers.ts";

const envelope: Envelope = {
  id: "e-1",
  source: "/assignment-service",
  type: "assignments.created",
  timeMs: Date.UTC(2026, 0, 31, 12, 0, 0, 250),
  subject: "courses/7",
  key: "Zoë 100%",
  contentType: "application/json",
  schema: "proto:assignments.v1.AssignmentCreated",
  extensions: {
    traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    correlationid: "c-1",
  },
  data: new TextEncoder().encode('{"assignment_id":7}'),
};

const defaults = { transport: "nats", id: "stream/17", receivedAtMs: 1_000 };

describe("headers of an event", () => {
  it("are those of the binary mode of CloudEvents", () => {
    expect(toHeaders(envelope)).toEqual({
      "content-type": "application/json",
      "ce-specversion": "1.0",
      "ce-id": "e-1",
      "ce-source": "/assignment-service",
      "ce-type": "assignments.created",
      "ce-time": "2026-01-31T12:00:00.250Z",
      "ce-subject": "courses/7",
      "ce-partitionkey": "Zo%C3%AB%20100%25",
      "ce-dataschema": "proto:assignments.v1.AssignmentCreated",
      "ce-traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
      "ce-correlationid": "c-1",
      traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    });
  });

  it.each([HTTP_HEADERS, AMQP_HEADERS, KAFKA_HEADERS])("come back as they went, with $prefix", (style) => {
    const text = fc.string({ unit: "grapheme", minLength: 1 }).map((value) => value.toWellFormed());
    fc.assert(
      fc.property(text, text, text, (id, key, correlationid) => {
        const event = { ...envelope, id, key, extensions: { correlationid } };
        expect(fromHeaders("t", toHeaders(event, style), event.data, defaults, style)).toEqual(event);
      }),
    );
  });

  it("are filled in where a plain client wrote none", () => {
    expect(fromHeaders("courses.changed", {}, envelope.data, defaults)).toEqual({
      id: "stream/17",
      source: "foreign:nats",
      type: "courses.changed",
      timeMs: 1_000,
      subject: undefined,
      key: undefined,
      contentType: "application/json",
      schema: undefined,
      extensions: {},
      data: envelope.data,
    });
  });

  it("take the trace of a client that knows W3C headers alone", () => {
    const { traceparent } = envelope.extensions;
    expect(fromHeaders("t", { Traceparent: traceparent }, envelope.data, defaults).extensions).toEqual({ traceparent });
  });

  it("are read in any case, and with either separator over AMQP", () => {
    expect(fromHeaders("t", { "CE-Id": "1" }, envelope.data, defaults).id).toBe("1");
    expect(fromHeaders("t", { cloudEvents_id: "1" }, envelope.data, defaults, AMQP_HEADERS).id).toBe("1");
  });

  it("never throw, whatever came", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.string()), fc.uint8Array(), (headers, data) => {
        const read = fromHeaders("t", { ...headers, "ce-time": "yesterday", "ce-subject": "%E0%A4%A" }, data, defaults);
        expect(read.timeMs).toBe(1_000);
        expect(read.subject).toBe("%E0%A4%A");
      }),
    );
  });
});

describe("structured mode", () => {
  const read = (body: string) =>
    fromHeaders(
      "t",
      { "content-type": "application/cloudevents+json; charset=utf-8" },
      new TextEncoder().encode(body),
      defaults,
    );

  it("is read", () => {
    const event = read(
      JSON.stringify({
        specversion: "1.0",
        id: "1",
        source: "/else",
        type: "a.b",
        time: "2026-01-31T12:00:00Z",
        datacontenttype: "application/json",
        partitionkey: "7",
        tenant: "t-1",
        data: { assignment_id: 7 },
      }),
    );
    expect(event).toMatchObject({ id: "1", source: "/else", type: "a.b", key: "7", extensions: { tenant: "t-1" } });
    expect(event.contentType).toBe("application/json");
    expect(new TextDecoder().decode(event.data)).toBe('{"assignment_id":7}');
  });

  it("is read with data in base64", () => {
    const event = read(JSON.stringify({ id: "1", source: "/else", type: "a.b", data_base64: "AQID" }));
    expect([...event.data]).toEqual([1, 2, 3]);
  });

  it("that is malformed is a foreign message with its body", () => {
    expect(read("{")).toMatchObject({ id: "stream/17", source: "foreign:nats", data: new TextEncoder().encode("{") });
  });
});

describe("headers that come as bytes", () => {
  const bytes = fc.oneof(fc.uint8Array({ maxLength: 4 }), fc.uint8Array({ minLength: 60, maxLength: 68 }));

  it("are decoded as if each were the first, whatever came before", () => {
    const texts = new HeaderTexts();
    fc.assert(
      fc.property(fc.array(fc.tuple(bytes, bytes)), (headers) => {
        for (const [name, value] of [...headers, ...headers]) {
          const header = texts.header(Buffer.from(name));
          expect(header.name).toBe(Buffer.from(name).toString());
          expect(header.value(Buffer.from(value))).toBe(Buffer.from(value).toString());
        }
      }),
    );
  });

  it("do not change with the buffer that they were read from", () => {
    const texts = new HeaderTexts();
    const chunk = Buffer.from("nameone");
    const [name, value] = [chunk.subarray(0, 4), chunk.subarray(4)];
    expect(texts.header(name).value(value)).toBe("one");
    chunk.write("elsetwo");
    expect(texts.header(name).name).toBe("else");
    expect(texts.header(Buffer.from("name")).value(value)).toBe("two");
    expect(texts.header(Buffer.from("name")).value(Buffer.from("one"))).toBe("one");
  });

  it("are encoded as if each were the first", () => {
    const encoded = new HeaderBytes();
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.string(), fc.string())), (headers) => {
        for (const [name, value] of [...headers, ...headers]) {
          expect(encoded.encode(name, value).map(String)).toEqual(
            [name, value].map((text) => String(Buffer.from(text))),
          );
        }
      }),
    );
  });
});

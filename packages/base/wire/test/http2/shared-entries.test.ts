import { expect, test } from "vitest";
import { ByteWriter } from "../../src/http2/byte-writer.ts";
import { entryForTable } from "../../src/http2/hpack/checked-entry.ts";
import { HpackDecoder } from "../../src/http2/hpack/decoder.ts";
import { HpackEncoder } from "../../src/http2/hpack/encoder.ts";

test("connections share the fields of their tables, but none that is secret or long", () => {
  expect(entryForTable("x-team", "blue")).toBe(entryForTable("x-team", "blue"));
  expect(entryForTable("x-team", "red")).not.toBe(entryForTable("x-team", "blue"));
  expect(entryForTable("authorization", "Bearer a")).not.toBe(entryForTable("authorization", "Bearer a"));
  const long = "a".repeat(65);
  expect(entryForTable("x-team", long)).not.toBe(entryForTable("x-team", long));
});

test("a field with a fault has it on every connection, however often it is shared", () => {
  for (let connection = 0; connection < 2; connection++) {
    expect(entryForTable("te", "gzip").fault).toBe("te may only be trailers");
    expect(entryForTable("Upper", "case").fault).toBe('"Upper" is no field name');
  }
});

test("tables stay right while more fields than are kept pass through many connections", () => {
  for (let connection = 0; connection < 20; connection++) {
    const encoder = new HpackEncoder();
    const decoder = new HpackDecoder({ maxTableBytes: 4_096, maxListBytes: 16_384 });
    for (let request = 0; request < 100; request++) {
      const fields = ["x-team", "blue", "x-number", String(connection * 100 + request), "x-round", String(request % 3)];
      const out = new ByteWriter();
      encoder.encode([], fields, out);
      expect(decoder.decode(Buffer.concat(out.take()))).toEqual({ headers: fields, fault: undefined });
    }
  }
});

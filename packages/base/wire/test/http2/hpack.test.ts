import { createSeededRandom } from "@parley/core/internal";
import { describe, expect, test } from "vitest";
import { ByteWriter } from "../../src/http2/byte-writer.ts";
import { CompressionError } from "../../src/http2/hpack/compression-error.ts";
import { HpackDecoder } from "../../src/http2/hpack/decoder.ts";
import { HpackEncoder } from "../../src/http2/hpack/encoder.ts";

const LIMITS = { maxTableBytes: 4_096, maxListBytes: 64 * 1_024 };

function encode(encoder: HpackEncoder, headers: readonly string[]): Buffer {
  const out = new ByteWriter();
  encoder.encode([], headers, out);
  return Buffer.concat(out.take());
}

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(" ", ""), "hex");

const FIRST = [":method", "GET", ":scheme", "http", ":path", "/", ":authority", "www.example.com"];

test.each([
  [
    "without Huffman (RFC 7541, C.3)",
    "8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d",
    "8286 84be 5808 6e6f 2d63 6163 6865",
    "8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65",
  ],
  [
    "with Huffman (RFC 7541, C.4)",
    "8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff",
    "8286 84be 5886 a8eb 1064 9cbf",
    "8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf",
  ],
])("decodes the three requests of the specification %s", (_, first, second, third) => {
  const decoder = new HpackDecoder(LIMITS);
  expect(decoder.decode(hex(first)).headers).toEqual(FIRST);
  expect(decoder.decode(hex(second)).headers).toEqual([...FIRST, "cache-control", "no-cache"]);
  expect(decoder.decode(hex(third)).headers).toEqual([
    ":method",
    "GET",
    ":scheme",
    "https",
    ":path",
    "/index.html",
    ":authority",
    "www.example.com",
    "custom-key",
    "custom-value",
  ]);
});

describe("the encoder", () => {
  const call = [":method", "POST", ":scheme", "http", ":path", "/users.v1.UserService/GetUser", "te", "trailers"];

  test("a list that repeats costs an octet for each field", () => {
    const encoder = new HpackEncoder();
    encode(encoder, call);
    expect(encode(encoder, call)).toHaveLength(4);
  });

  test("a secret is never indexed, and what changes with each call does not enter the table", () => {
    const encoder = new HpackEncoder();
    const headers = ["authorization", "Bearer a", "traceparent", "00-1"];
    const once = encode(encoder, headers);
    expect(encode(encoder, headers)).toEqual(once);
    expect((once[0] ?? 0) & 0xf0).toBe(0x10);
  });

  test("announces a smaller table before it relies on it", () => {
    const [encoder, decoder] = [new HpackEncoder(), new HpackDecoder(LIMITS)];
    expect(decoder.decode(encode(encoder, call)).headers).toEqual(call);
    encoder.setMaxTableBytes(0);
    encoder.setMaxTableBytes(100);
    for (let i = 0; i < 3; i++) expect(decoder.decode(encode(encoder, call)).headers).toEqual(call);
  });
});

describe("property: what is encoded is decoded", () => {
  test.each([1, 2, 3])("seed %d", (seed) => {
    const random = createSeededRandom(seed);
    const pick = (below: number): number => Math.floor(random.next() * below);
    const text = (alphabet: string, longest: number): string =>
      Array.from({ length: pick(longest) + 1 }, () => alphabet[pick(alphabet.length)]).join("");
    const octets = Array.from({ length: 223 }, (_, index) => String.fromCharCode(index + 33)).join("");
    const [encoder, decoder] = [new HpackEncoder(), new HpackDecoder(LIMITS)];
    for (let block = 0; block < 500; block++) {
      if (pick(50) === 0) encoder.setMaxTableBytes(pick(5_000));
      const headers = Array.from({ length: pick(20) }, () => [
        text("abcd", 2),
        text(pick(3) ? "xyz" : octets, pick(3) ? 3 : 900),
      ]);
      expect(decoder.decode(encode(encoder, headers.flat())).headers).toEqual(headers.flat());
    }
  });
});

describe("property: lists that repeat mean the same whatever happens to the table in between", () => {
  test.each([4, 5, 6])("seed %d", (seed) => {
    const random = createSeededRandom(seed);
    const pick = (below: number): number => Math.floor(random.next() * below);
    const [encoder, decoder] = [new HpackEncoder(), new HpackDecoder(LIMITS)];
    const common = [[":status", "200"], [":status", "200", "server", "a"], ["grpc-status", "0"], call()];
    const own = (): string[] => (pick(4) ? [] : ["x-own", String(pick(9)).repeat(1 + pick(pick(9) ? 20 : 5_000))]);
    for (let block = 0; block < 2_000; block++) {
      if (pick(100) === 0) encoder.setMaxTableBytes(pick(300));
      const [first, second] = [common[pick(common.length)] ?? [], own()];
      const out = new ByteWriter();
      encoder.encode(first, second, out);
      expect(decoder.decode(Buffer.concat(out.take())).headers).toEqual([...first, ...second]);
    }
  });

  function call(): string[] {
    return Array.from({ length: 10 }, (_, index) => [`x-${index}`, "v".repeat(index * 40)]).flat();
  }
});

test.each([
  ["in full", ["te", "gzip"]],
  ["by its name in the static table", ["transfer-encoding", "chunked"]],
  ["with upper case", ["x-A", "b"]],
  ["with an octet that it may not have", ["x-a", "b\n"]],
])("a field that no list may have is named each time it comes, %s", (_, field) => {
  const [encoder, decoder] = [new HpackEncoder(), new HpackDecoder(LIMITS)];
  for (let time = 0; time < 4; time++) expect(decoder.decode(encode(encoder, field)).fault).toContain(field[0]);
  expect(decoder.decode(encode(encoder, ["te", "trailers"])).fault).toBeUndefined();
});

describe("the decoder refuses", () => {
  test.each([
    ["index 0", "80"],
    ["an index that no entry has", "be"],
    ["a string past the end", "4005 6162"],
    ["an integer without an end", "ffff ffff ffff ffff ffff"],
    ["a table over the limit", "3fe2 1f"],
    ["a table size behind a field", "82 20"],
    ["padding longer than seven bits", "4082 1fff 0161"],
    ["padding that is not EOS", "4081 00 0161"],
    ["EOS itself", "4084 ffff ffff 0161"],
  ])("%s", (_, block) => {
    expect(() => new HpackDecoder(LIMITS).decode(hex(block))).toThrow(CompressionError);
  });

  test("a list over the limit, and goes on with the right state", () => {
    const decoder = new HpackDecoder({ ...LIMITS, maxListBytes: 200 });
    const encoder = new HpackEncoder();
    expect(decoder.decode(encode(encoder, ["a", "x".repeat(300), "b", "y"])).headers).toBeUndefined();
    expect(decoder.decode(encode(encoder, ["b", "y"])).headers).toEqual(["b", "y"]);
  });

  test("a small block that names a large entry many times", () => {
    const decoder = new HpackDecoder(LIMITS);
    const encoder = new HpackEncoder();
    decoder.decode(encode(encoder, ["bomb", "x".repeat(4_000)]));
    expect(decoder.decode(Buffer.alloc(10_000, 0xbe)).headers).toBeUndefined();
  });

  test.each([1, 2, 3])("or decodes, but never breaks on, any octets (seed %d)", (seed) => {
    const random = createSeededRandom(seed);
    for (let i = 0; i < 3_000; i++) {
      const block = Buffer.from(Array.from({ length: 1 + Math.floor(random.next() * 60) }, () => random.next() * 256));
      try {
        new HpackDecoder(LIMITS).decode(block);
      } catch (error) {
        expect(error).toBeInstanceOf(CompressionError);
      }
    }
  });
});

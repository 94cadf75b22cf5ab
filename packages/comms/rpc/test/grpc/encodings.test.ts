import { invalidArgument, Metadata, ParleyError } from "@parley/core";
import { describe, expect, test } from "vitest";
import { encodeFrame, FrameReader } from "../../src/grpc/framing.ts";
import { appendMetadata, readMetadata } from "../../src/grpc/metadata-headers.ts";
import { decodeMessage, decodeStatus, encodeMessage, encodeStatus } from "../../src/grpc/status.ts";
import { formatTimeout, parseTimeoutMs } from "../../src/grpc/timeout.ts";

describe("frames", () => {
  const messages = ["", "a", "bc".repeat(300), "d"].map((text) => new Uint8Array(Buffer.from(text)));
  const wire = Buffer.concat(messages.map((message) => encodeFrame(message, false)));

  test.each([1, 2, 3, 5, 6, 7, 300, 10_000])("are found again in pieces of %i bytes", (size) => {
    const found: string[] = [];
    const reader = new FrameReader(1_000, { onFrame: (bytes) => void found.push(Buffer.from(bytes).toString()) });
    for (let at = 0; at < wire.length; at += size) reader.push(wire.subarray(at, at + size));
    expect(found).toEqual(messages.map((message) => Buffer.from(message).toString()));
    expect(reader.partial).toBe(false);
  });

  test("too long are refused as soon as their prefix is here", () => {
    const reader = new FrameReader(10, { onFrame() {} });
    reader.push(Buffer.from([0, 0, 0, 0]));
    expect(reader.partial).toBe(true);
    expect(() => reader.push(Buffer.from([11]))).toThrow("a message of 11 bytes is over the limit of 10 bytes");
    expect(() => new FrameReader(10, { onFrame() {} }).push(Buffer.from([0, 255, 255, 255, 255]))).toThrow(
      "4294967295 bytes",
    );
  });
});

describe("grpc-timeout", () => {
  test.each([
    ["1H", 3_600_000],
    ["2M", 120_000],
    ["3S", 3_000],
    ["4m", 4],
    ["5u", 0.005],
    ["6n", 0.000006],
    ["99999999H", 99_999_999 * 3_600_000],
  ])("%s", (header, ms) => expect(parseTimeoutMs(header)).toBeCloseTo(ms, 9));

  test.each(["", "1", "m", "123456789m", "-1m", "1.5S", "1 m", "1s", "1m "])("%j is malformed", (header) => {
    expect(parseTimeoutMs(header)).toBeUndefined();
  });

  test.each([
    [0.4, "1m"],
    [1_500.9, "1500m"],
    [99_999_999, "99999999m"],
    [100_000_000, "100000S"],
    [Number.POSITIVE_INFINITY, "99999999H"],
  ])("%d ms is written as %s, never longer", (ms, header) => {
    expect(formatTimeout(ms)).toBe(header);
  });
});

describe("status", () => {
  test("messages survive in any script, and a broken encoding stays as it is", () => {
    for (const message of ["plain", "100%", "größer – 日本語 🎉", "two\nlines", "%41"]) {
      expect(encodeMessage(message)).toMatch(/^[\x20-\x7e]*$/);
      expect(decodeMessage(encodeMessage(message))).toBe(message);
    }
    expect(decodeMessage("50% off %zz")).toBe("50% off %zz");
  });

  test("details of every type survive", () => {
    const error = new ParleyError("ABORTED", "why", {
      details: [
        ...invalidArgument({ field: "a.b", description: "is wrong", reason: "r" }).details,
        { type: "retry_info", retryAfterMs: 1_250 },
        { type: "error_info", reason: "R", domain: "d", metadata: { k: "v" } },
        { type: "opaque", typeUrl: "type.googleapis.com/x.Y", value: new Uint8Array([1, 2]) },
      ],
      cause: "secret",
    });
    const headers = encodeStatus(error);
    expect(headers.join()).not.toContain("secret");
    const decoded = decodeStatus(headers);
    expect(decoded).toMatchObject({ code: "ABORTED", message: "why", details: error.details });
  });

  test("too much of it costs the details and the end of the message, not the status", () => {
    const headers = encodeStatus(
      new ParleyError("INTERNAL", "m".repeat(100_000), {
        details: [{ type: "opaque", typeUrl: "t", value: new Uint8Array(100_000) }],
      }),
    );
    expect(headers.join("").length).toBeLessThan(8_192);
    expect(decodeStatus(headers)?.code).toBe("INTERNAL");
  });

  test("of sixty violations as many arrive as fit, and a note of how many did not", () => {
    const violations = Array.from({ length: 60 }, (_, index) => ({
      field: `items[${index}].name`,
      description: `must be at most 100 characters long, and this one is longer than that 🎉 (${index})`,
      reason: "string.max_len",
    }));
    const headers = encodeStatus(invalidArgument(violations));
    expect(headers.join("").length).toBeLessThan(8_192);
    const decoded = decodeStatus(headers);
    const arrived = decoded?.detail("bad_request")?.violations ?? [];
    const whole = arrived.slice(0, -1);
    expect(whole.length).toBeGreaterThan(10);
    expect(whole).toEqual(violations.slice(0, whole.length));
    const leftOut = `${60 - whole.length} more violations were left out`;
    expect(arrived.at(-1)).toEqual({ field: "", description: leftOut, reason: "parley.violations_left_out" });
    expect(decoded?.message).toContain("did not fit");
  });

  test("a detail that is too large costs itself alone", () => {
    const small = { type: "retry_info", retryAfterMs: 1_000 } as const;
    const large = { type: "opaque", typeUrl: "t", value: new Uint8Array(10_000) } as const;
    const one = { field: "a", description: "x".repeat(10_000) };
    const error = new ParleyError("INVALID_ARGUMENT", "why", {
      details: [large, { type: "bad_request", violations: [one] }, small],
    });
    expect(decodeStatus(encodeStatus(error))).toMatchObject({
      message: "why (2 of 3 details did not fit, or not as a whole)",
      details: [small],
    });
  });

  test.each(["🎉", "👩‍👩‍👧‍👦", "é", "日", "%", "m"])("a message of many %s is cut between characters", (character) => {
    for (const before of ["", "a", "ab", "abc"]) {
      const message = `${before}${character.repeat(2_100)}`;
      const headers = encodeStatus(new ParleyError("NOT_FOUND", message));
      expect(headers[3]?.length).toBeLessThanOrEqual(2_000);
      const arrived = decodeStatus(headers)?.message ?? "";
      expect(arrived.endsWith("…")).toBe(true);
      const text = arrived.slice(before.length, -1);
      expect(text).toBe(character.repeat(text.length / character.length));
      expect(text.length).toBeGreaterThan(0);
    }
  });

  test("a peer that takes less gets the code, and as much of the rest as it takes", () => {
    const error = new ParleyError("NOT_FOUND", "m".repeat(3_000), {
      details: [{ type: "opaque", typeUrl: "t", value: new Uint8Array(1_000) }],
    });
    for (const maxBytes of [0, 300, 1_000, 3_000]) {
      const headers = encodeStatus(error, maxBytes);
      if (maxBytes > 400) expect(headers.join("").length + 32 * 3).toBeLessThan(maxBytes);
      expect(decodeStatus(headers)?.code).toBe("NOT_FOUND");
    }
  });

  test("details that are none are none", () => {
    const wrong = ["grpc-status", "5", "grpc-status-details-bin", Buffer.from([255, 255]).toString("base64")];
    expect(decodeStatus(wrong)).toMatchObject({ code: "NOT_FOUND", details: [] });
  });
});

describe("metadata", () => {
  test("goes out without what HTTP/2 and gRPC keep for themselves, and comes back", () => {
    const headers: string[] = [];
    appendMetadata(
      headers,
      new Metadata([
        ["te", "gzip"],
        ["grpc-timeout", "1H"],
        ["connection", "close"],
        ["x-a", "1"],
        ["x-a", "2"],
        ["x-b-bin", new Uint8Array([251, 255])],
      ]),
    );
    expect(headers).toEqual(["x-a", "1", "x-a", "2", "x-b-bin", "+/8"]);
    expect([...readMetadata([":path", "/", ...headers])]).toEqual([
      ["x-a", "1"],
      ["x-a", "2"],
      ["x-b-bin", new Uint8Array([251, 255])],
    ]);
  });

  test("reads bytes padded or not, one by one or joined, and leaves out what is none", () => {
    const metadata = readMetadata(["k-bin", "+/8=", "k-bin", "AQ, Ag==", "k-bin", "*", "text", "ü"]);
    expect(metadata.getAll("k-bin")).toEqual([new Uint8Array([251, 255]), new Uint8Array([1]), new Uint8Array([2])]);
    expect(metadata.has("text")).toBe(false);
  });
});

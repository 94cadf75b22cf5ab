import fc from "fast-check";
import { expect, test } from "vitest";
import { FrameReader } from "../../src/http2/frames/frame-reader.ts";
import { FLAG, FRAME } from "../../src/http2/frames/frame-types.ts";
import { frame } from "../../src/testing/raw-peer.ts";

interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly streamId: number;
  readonly text: string;
}

const frames = fc.array(
  fc.record({
    type: fc.constantFrom(FRAME.DATA, FRAME.DATA, FRAME.HEADERS, FRAME.PING),
    flags: fc.constantFrom(0, FLAG.END_STREAM, FLAG.PADDED),
    streamId: fc.nat(5),
    text: fc.string({ maxLength: 40, unit: "binary-ascii" }),
  }),
  { maxLength: 8 },
);

/** What is told of octets that come in these pieces. */
function read(octets: Buffer, cuts: readonly number[], data: "whole" | "in_pieces"): Frame[] {
  const told: Frame[] = [];
  const reader = new FrameReader((type, flags, streamId, bytes, start, end) => {
    told.push({ type, flags, streamId, text: bytes.toString("latin1", start, end) });
    return "copied";
  }, data);
  const ends = [...cuts.map((cut) => cut % (octets.length + 1)), octets.length].sort((a, b) => a - b);
  let at = 0;
  for (const end of ends) {
    reader.feed(Buffer.from(octets.subarray(at, end)));
    at = end;
  }
  return told;
}

/** Pieces of DATA as the frame that they are of: all but the last of a frame do not end the stream. */
function joined(told: readonly Frame[], sizes: readonly number[]): Frame[] {
  const left = [...told];
  return sizes.map((size) => {
    const first = left.shift() as Frame;
    let { text, flags } = first;
    while (text.length < size) {
      expect(flags & FLAG.END_STREAM).toBe(0);
      const next = left.shift() as Frame;
      text += next.text;
      flags = next.flags;
    }
    return { ...first, flags, text };
  });
}

const octetsOf = (list: readonly Frame[]): Buffer =>
  Buffer.concat(
    list.map(({ type, flags, streamId, text }) => frame(type, flags, streamId, Buffer.from(text, "latin1"))),
  );

test("frames are cut the same in whatever pieces they come", () => {
  fc.assert(
    fc.property(frames, fc.array(fc.nat()), (sent, cuts) => {
      expect(read(octetsOf(sent), cuts, "whole")).toEqual(sent);
      const sizes = sent.map(({ text }) => text.length);
      expect(joined(read(octetsOf(sent), cuts, "in_pieces"), sizes)).toEqual(sent);
    }),
  );
});

test("DATA is told as it comes, unless it is padded", () => {
  const plain = { type: FRAME.DATA, flags: FLAG.END_STREAM, streamId: 1, text: "abcdef" };
  expect(read(octetsOf([plain]), [12], "in_pieces")).toEqual([
    { ...plain, flags: 0, text: "abc" },
    { ...plain, text: "def" },
  ]);
  const padded = { ...plain, flags: FLAG.PADDED };
  expect(read(octetsOf([padded]), [12], "in_pieces")).toEqual([padded]);
});

test("a chunk of which nobody keeps a view may be used again", () => {
  const first = frame(FRAME.DATA, 0, 1, Buffer.from("kept"));
  const second = frame(FRAME.DATA, 0, 3, Buffer.from("copied"));
  const reader = new FrameReader((_type, _flags, streamId) => (streamId === 1 ? "kept" : "copied"), "in_pieces");
  expect(reader.feed(second)).toBe("copied");
  expect(reader.feed(Buffer.concat([second, first, second]))).toBe("kept");
  expect(reader.feed(first.subarray(0, 10))).toBe("kept");
});

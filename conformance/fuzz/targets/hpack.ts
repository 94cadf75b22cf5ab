import assert from "node:assert/strict";
import { ByteWriter } from "../../../packages/base/wire/src/http2/byte-writer.ts";
import { FRAME, FRAME_HEADER_BYTES, PREFACE } from "../../../packages/base/wire/src/http2/frames/frame-types.ts";
import { CompressionError } from "../../../packages/base/wire/src/http2/hpack/compression-error.ts";
import { HpackDecoder } from "../../../packages/base/wire/src/http2/hpack/decoder.ts";
import { HpackEncoder } from "../../../packages/base/wire/src/http2/hpack/encoder.ts";
import { readCorpus } from "../corpus.ts";
import type { Dice } from "../dice.ts";
import type { FuzzTarget } from "../fuzz-target.ts";
import { mutateOneOf } from "../mutate.ts";
import { framesOf } from "../mutate-frames.ts";

const LIMITS = { maxTableBytes: 4_096, maxListBytes: 16_384 };

/** The header blocks of a conversation, in their order; those of the corpus are all in one frame and without padding. */
function blocksOf(conversation: Buffer): Buffer[] {
  return framesOf(conversation)
    .filter((frame) => frame[3] === FRAME.HEADERS)
    .map((frame) => frame.subarray(FRAME_HEADER_BYTES));
}

let seeds: readonly Buffer[] | undefined;

function seedBlocks(): readonly Buffer[] {
  seeds ??= [...readCorpus("client").map((bytes) => bytes.subarray(PREFACE.length)), ...readCorpus("server")].flatMap(
    blocksOf,
  );
  return seeds;
}

/** Any blocks in a row are decoded or refused by name, and one that is too large is counted, not kept. */
export const hpackDecoder: FuzzTarget = {
  name: "hpack-decoder",
  input: (dice) => mutateOneOf(seedBlocks(), dice),
  run(input, dice) {
    const decoder = new HpackDecoder(LIMITS);
    try {
      for (const block of [dice.pick(seedBlocks()), input, input]) {
        const list = decoder.decode(block).headers;
        const bytes = list?.reduce((sum, text) => sum + text.length + 16, 0) ?? 0;
        assert.ok(bytes <= LIMITS.maxListBytes, `a list of ${bytes} bytes was kept`);
      }
    } catch (error) {
      if (!(error instanceof CompressionError)) throw error;
    }
  },
};

function randomList(dice: Dice): string[] {
  const text = (length: number): string => dice.octets(length).toString("latin1");
  return Array.from({ length: dice.below(12) }, () => {
    const name = dice.oneIn(2)
      ? dice.pick([":path", "te", "authorization", "x-a", "grpc-timeout"])
      : text(dice.below(40));
    return [name, dice.oneIn(8) ? text(dice.below(5_000)) : dice.pick(["", "a", "trailers", text(3)])];
  }).flat();
}

/** What our encoder writes, our decoder reads, however the table's size is changed in between. */
export const hpackRoundTrip: FuzzTarget = {
  name: "hpack-round-trip",
  input: (dice) => dice.octets(1 + dice.below(8)),
  run(input, dice) {
    const encoder = new HpackEncoder();
    const decoder = new HpackDecoder({ ...LIMITS, maxListBytes: 1_000_000 });
    const lists = Array.from({ length: 3 }, () => randomList(dice));
    for (const octet of input) {
      if (octet < 80) encoder.setMaxTableBytes(octet * 60);
      const list = dice.pick(lists);
      const out = new ByteWriter();
      const common = dice.pick(lists);
      encoder.encode(common, list, out);
      assert.deepEqual(decoder.decode(Buffer.concat(out.take())).headers, [...common, ...list]);
    }
  },
};

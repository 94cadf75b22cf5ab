import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { isParleyError } from "@parley/core";
import { encodeFrame, FrameReader } from "../../../packages/comms/rpc/src/grpc/framing.ts";
import { unpackFrame } from "../../../packages/comms/rpc/src/grpc/message-codec.ts";
import type { FuzzTarget } from "../fuzz-target.ts";
import { mutateOneOf } from "../mutate.ts";

const MAX_BYTES = 4_096;
const TEXT = Buffer.from("a message, and more of it ".repeat(20));
const SEEDS = [
  encodeFrame(Buffer.alloc(0), false),
  encodeFrame(TEXT, false),
  Buffer.concat([encodeFrame(TEXT.subarray(0, 3), false), encodeFrame(gzipSync(TEXT), true)]),
  encodeFrame(gzipSync(Buffer.alloc(100_000)), true),
];

interface Outcome {
  readonly messages: Buffer[];
  readonly error: string | undefined;
  readonly partial: boolean;
}

function read(pieces: readonly Buffer[]): Outcome {
  const messages: Buffer[] = [];
  const reader = new FrameReader(MAX_BYTES, {
    onFrame(bytes, compressed) {
      const message = unpackFrame(bytes, compressed, { encoding: "gzip", maxBytes: MAX_BYTES });
      assert.ok(message.length <= MAX_BYTES, `a message of ${message.length} bytes came out`);
      messages.push(Buffer.from(message));
    },
  });
  try {
    for (const piece of pieces) reader.push(piece);
    return { messages, error: undefined, partial: reader.partial };
  } catch (error) {
    if (!isParleyError(error)) throw error;
    return { messages, error: `${error.code} ${error.message}`, partial: false };
  }
}

/** Messages are cut and unpacked the same in whatever pieces they come, and none is over its limit. */
export const grpcFraming: FuzzTarget = {
  name: "grpc-framing",
  input: (dice) => mutateOneOf(SEEDS, dice),
  run(input, dice) {
    const pieces: Buffer[] = [];
    for (let at = 0; at < input.length; ) {
      const end = at + 1 + dice.below(dice.oneIn(2) ? 3 : 400);
      pieces.push(input.subarray(at, end));
      at = end;
    }
    assert.deepEqual(read(pieces), read([input]));
  },
};

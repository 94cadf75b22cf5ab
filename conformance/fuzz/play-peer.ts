import type { ManualClock } from "@parley/core";
import { FrameReader } from "../../packages/base/wire/src/http2/frames/frame-reader.ts";
import { FRAME, PREFACE } from "../../packages/base/wire/src/http2/frames/frame-types.ts";
import { HTTP2_CODES } from "../../packages/base/wire/src/http2/http2.ts";
import type { Dice } from "./dice.ts";
import type { MemorySocket } from "./memory-socket.ts";
import { turn } from "./turns.ts";

/** Longer than every limit that a connection sets itself; calls have longer. */
const LONG_MS = 120_000;

/** Longer than a socket lingers, and shorter than every other limit: a timer that is forgotten is still set after it. */
export const LINGER_OVER_MS = 6_000;

/** Sends the input in pieces of any size, now and then without reading; then time passes and the peer hangs up. */
export async function playPeer(socket: MemorySocket, input: Buffer, dice: Dice, clock: ManualClock): Promise<void> {
  if (dice.oneIn(8)) socket.stall();
  const largest = dice.pick([1, 64, 1_024, 16_384].filter((size) => size * 200 > input.length));
  for (let at = 0; at < input.length && !socket.destroyed; ) {
    const end = at + 1 + dice.below(largest);
    socket.push(Buffer.from(input.subarray(at, end)));
    at = end;
    if (dice.oneIn(4)) await turn();
  }
  for (let turns = 0; turns < 4; turns++) await turn();
  if (dice.oneIn(2)) clock.advance(LONG_MS);
  socket.resumePeer();
  if (!socket.destroyed) socket.push(null);
}

/**
 * What a connection wrote must be HTTP/2, whatever it was sent.
 * @throws Error if it is not, or if it blames itself: INTERNAL_ERROR is how an error that nobody foresaw goes out.
 */
export function assertFrames(sent: Buffer): void {
  const bytes = sent.subarray(0, PREFACE.length).equals(PREFACE) ? sent.subarray(PREFACE.length) : sent;
  let count = 0;
  let whole = 0;
  const reader = new FrameReader((type, _flags, _streamId, octets, start, end) => {
    whole += end - start + 9;
    if (count++ === 0 && type !== FRAME.SETTINGS) throw new Error(`the first frame is of type ${type}, not SETTINGS`);
    if (type === FRAME.GOAWAY && octets.readUInt32BE(start + 4) === HTTP2_CODES.INTERNAL_ERROR) {
      throw new Error(`GOAWAY with INTERNAL_ERROR: ${octets.toString("latin1", start + 8, end)}`);
    }
    return "copied";
  });
  reader.feed(Buffer.from(bytes));
  if (whole !== bytes.length) throw new Error("the last frame is not whole");
}

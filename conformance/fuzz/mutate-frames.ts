import { FRAME_HEADER_BYTES } from "../../packages/base/wire/src/http2/frames/frame-types.ts";
import type { Dice } from "./dice.ts";
import { mutate, mutateOneOf } from "./mutate.ts";

/** The largest frame that is no fault by its size alone. */
const MAX_PAYLOAD = 16_384;

/** Cuts a conversation into its frames; what is no whole frame at the end is left out. */
export function framesOf(conversation: Buffer): Buffer[] {
  const frames: Buffer[] = [];
  for (let at = 0; at + FRAME_HEADER_BYTES <= conversation.length; ) {
    const end = at + FRAME_HEADER_BYTES + conversation.readUIntBE(at, 3);
    if (end > conversation.length) break;
    frames.push(conversation.subarray(at, end));
    at = end;
  }
  return frames;
}

/** The frame with another payload, and the length that goes with it. */
function withPayload(frame: Buffer, payload: Buffer): Buffer {
  const kept = payload.subarray(0, MAX_PAYLOAD);
  const header = Buffer.from(frame.subarray(0, FRAME_HEADER_BYTES));
  header.writeUIntBE(kept.length, 0, 3);
  return Buffer.concat([header, kept]);
}

function changeFrame(frame: Buffer, dice: Dice, other: Buffer): Buffer {
  const changed = Buffer.from(frame);
  switch (dice.below(6)) {
    case 0:
      changed[3] = dice.below(11); // type
      return changed;
    case 1:
      changed[4] = (changed[4] ?? 0) ^ (1 << dice.below(6)); // flags
      return changed;
    case 2:
      changed.writeUInt32BE(dice.oneIn(4) ? dice.uint32() : dice.below(12), 5); // stream
      return changed;
    default:
      return withPayload(frame, mutate(frame.subarray(FRAME_HEADER_BYTES), dice, other.subarray(FRAME_HEADER_BYTES)));
  }
}

/** A conversation whose frames are changed, left out, repeated or in another order, but mostly still frames. */
function rearrange(conversation: Buffer, dice: Dice, other: Buffer): Buffer {
  const frames = framesOf(conversation);
  const others = framesOf(other);
  for (let changes = dice.below(5); changes > 0 && frames.length > 0; changes--) {
    const at = dice.below(frames.length);
    const frame = frames[at] ?? Buffer.alloc(0);
    const stranger = others.length > 0 ? dice.pick(others) : frame;
    switch (dice.below(6)) {
      case 0:
        frames.splice(at, 1);
        break;
      case 1:
        frames.splice(dice.below(frames.length), 0, frame);
        break;
      case 2:
        frames.splice(at, 0, stranger);
        break;
      default:
        frames[at] = changeFrame(frame, dice, stranger);
    }
  }
  return Buffer.concat(frames);
}

/** Frames that are nearly those of a real conversation, or octets that nearly are. */
export function mutateConversation(conversations: readonly Buffer[], dice: Dice): Buffer {
  return dice.oneIn(5)
    ? mutateOneOf(conversations, dice)
    : rearrange(dice.pick(conversations), dice, dice.pick(conversations));
}

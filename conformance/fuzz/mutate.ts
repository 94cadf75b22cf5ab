import type { Dice } from "./dice.ts";

/** An input is cut to this: what is wrong shows in short inputs, and those are fast. */
const MAX_BYTES = 16_384;

type Mutation = (bytes: Buffer, dice: Dice, other: Buffer) => Buffer;

const cutOut = (bytes: Buffer, from: number, to: number, between: Buffer): Buffer =>
  Buffer.concat([bytes.subarray(0, from), between, bytes.subarray(to)]);

const MUTATIONS: readonly Mutation[] = [
  function flipBit(bytes, dice) {
    const at = dice.below(bytes.length);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << dice.below(8));
    return bytes;
  },
  function setOctet(bytes, dice) {
    bytes[dice.below(bytes.length)] = dice.below(256);
    return bytes;
  },
  function setNumber(bytes, dice) {
    if (bytes.length >= 4) bytes.writeUInt32BE(dice.uint32(), dice.below(bytes.length - 3));
    return bytes;
  },
  function insert(bytes, dice) {
    const at = dice.below(bytes.length + 1);
    return cutOut(bytes, at, at, dice.octets(1 + dice.below(8)));
  },
  function remove(bytes, dice) {
    const at = dice.below(bytes.length);
    return cutOut(bytes, at, at + 1 + dice.below(16), Buffer.alloc(0));
  },
  function repeat(bytes, dice) {
    const from = dice.below(bytes.length);
    const to = from + 1 + dice.below(64);
    return cutOut(bytes, to, to, bytes.subarray(from, to));
  },
  function truncate(bytes, dice) {
    return bytes.subarray(0, dice.below(bytes.length + 1));
  },
  function splice(bytes, dice, other) {
    return Buffer.concat([
      bytes.subarray(0, dice.below(bytes.length + 1)),
      other.subarray(dice.below(other.length + 1)),
    ]);
  },
];

/** Something like the seed: a few changes to it, or none. `other` is what it may be crossed with. */
export function mutate(seed: Buffer, dice: Dice, other: Buffer): Buffer {
  let bytes: Buffer = Buffer.from(seed);
  for (let changes = dice.below(6); changes > 0 && bytes.length > 0; changes--) {
    bytes = dice.pick(MUTATIONS)(bytes, dice, other);
  }
  return bytes.subarray(0, MAX_BYTES);
}

/** A change of one of the seeds, or once in ten times octets that come from nowhere. */
export function mutateOneOf(seeds: readonly Buffer[], dice: Dice): Buffer {
  return dice.oneIn(10) ? dice.octets(dice.below(200)) : mutate(dice.pick(seeds), dice, dice.pick(seeds));
}

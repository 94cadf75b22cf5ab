import type { Random } from "@parley/core";
import { createSeededRandom } from "@parley/core/internal";

/** Numbers where code that counts goes wrong. */
const EDGES = [0, 1, 0x7f, 0x80, 0xff, 0x3fff, 0x4000, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff];

/** Chance in the shapes that fuzzing needs; the same for the same seed and case. */
export class Dice {
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  /** The dice of one case, whatever was thrown before it. */
  static ofCase(seed: number, target: string, number: number): Dice {
    let mixed = seed >>> 0;
    for (const text of [target, String(number)]) {
      for (let at = 0; at < text.length; at++) mixed = Math.imul(mixed ^ text.charCodeAt(at), 0x01000193) >>> 0; // FNV-1a
    }
    return new Dice(createSeededRandom(mixed));
  }

  /** A whole number from 0 to under `limit`. */
  below(limit: number): number {
    return Math.floor(this.#random.next() * limit);
  }

  /** True once in `times`. */
  oneIn(times: number): boolean {
    return this.below(times) === 0;
  }

  pick<T>(items: readonly T[]): T {
    if (items.length === 0) throw new RangeError("there is nothing to pick from");
    return items[this.below(items.length)] as T;
  }

  /** An unsigned number of 32 bits, of those where code goes wrong more often than not. */
  uint32(): number {
    return this.oneIn(3) ? Math.floor(this.#random.next() * 2 ** 32) : this.pick(EDGES);
  }

  octets(length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => this.below(256)));
  }
}

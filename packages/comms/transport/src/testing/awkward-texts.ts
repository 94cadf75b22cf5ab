import { createSeededRandom } from "@parley/core/internal";

/** Longer than an index row of PostgreSQL (2,704 bytes), and nothing that compresses. */
const LONG = 4_000;
const FIRST_PRINTABLE = 0x21;
const PRINTABLE = 0x7e - FIRST_PRINTABLE + 1;

/** A text that is too long for an index, the same for the same seed. */
export function longText(seed: number): string {
  const random = createSeededRandom(seed);
  const pick = (): number => FIRST_PRINTABLE + Math.floor(random.next() * PRINTABLE);
  return String.fromCharCode(...Array.from({ length: LONG }, pick));
}

/** Ids, sources and keys that foreign clients may send and that storage likes least, by what they are. */
export const AWKWARD_TEXTS: readonly (readonly [what: string, text: (seed: number) => string])[] = [
  ["4,000 incompressible characters", longText],
  ["U+0000", (seed) => `a\0b${seed}`],
  ["spaces and characters outside of ASCII", (seed) => ` Zoë ☃ ${seed} `],
];

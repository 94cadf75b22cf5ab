/**
 * The memory of buffers lies outside of V8's heap. V8 counts it against the old generation alone: after 8 MiB more of it, it
 * marks all that is alive, though most buffers die young, and a collection of the young generation would have given them back.
 * That one it makes by what is allocated within the heap, of which a large message takes next to nothing.
 *
 * So code that is about to allocate a large buffer reports it here, and the young generation is collected before V8 would mark.
 * Measured in calls/s there and back, beside those without: 4 MiB one at a time 110 and 47, of which more than half went into
 * marking; 1 MiB 370 and 180; 64 KiB, 16 at once, 5,000 and 2,700.
 */

/** Two steps stay below what V8 lets come: what is counted when one ends may not have been garbage then. */
const STEP_BYTES = 3 * 1_024 * 1_024;

/** Less is not counted: what comes with small buffers fills the young generation by itself. */
const SMALL_BYTES = 16 * 1_024;

/**
 * Buffers that live through two collections of the young generation belong to the old one, where only marking frees them: to
 * collect often then makes it worse (8 calls of 4 MiB at once: 39 a second, and 70 without). So steps are taken in rounds; after
 * one in which V8 has marked this often all the same, as many are left out, then twice as many, and so on.
 */
const ROUND = 32;
const MARKED_TOO_OFTEN = 5;
const LONGEST_REST = 32 * ROUND;

/** What the count needs of V8. */
export interface Collector {
  collectYoung(): void;
  /** How often the whole heap has been marked so far. */
  marks(): number;
}

let count: ((bytes: number) => void) | undefined;

/**
 * Reports that a buffer of so many bytes is about to be allocated, or has just been, and will soon be garbage. Does nothing until
 * {@link countWith}: a library does not change how its host collects garbage.
 */
export function hintYoungCollection(bytes: number): void {
  count?.(bytes);
}

/** Starts counting. The first collector of a process stays. */
export function countWith(collector: Collector): void {
  count ??= createExternalCount(collector);
}

export function createExternalCount(collector: Collector): (bytes: number) => void {
  let counted = 0;
  /** Of the round; below zero while steps are left out. */
  let step = 0;
  let marksBefore = 0;
  let rest = ROUND;

  const endRound = (): void => {
    const isInVain = collector.marks() - marksBefore >= MARKED_TOO_OFTEN;
    step = isInVain ? -rest : 0;
    rest = isInVain ? Math.min(rest * 2, LONGEST_REST) : Math.max(rest / 2, ROUND);
  };

  return (bytes) => {
    if (bytes < SMALL_BYTES) return;
    counted += bytes;
    if (counted < STEP_BYTES) return;
    counted = 0;
    step += 1;
    if (step <= 0) return;
    if (step === 1) marksBefore = collector.marks();
    collector.collectYoung();
    if (step === ROUND) endRound();
  };
}

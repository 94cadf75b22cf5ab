/**
 * The beginning of a text, as long as fits, with an ellipsis where something is missing. It is cut between characters as readers
 * see them: neither within a surrogate pair nor within an emoji of several code points.
 *
 * @param sizeOf what a piece of the text takes of `maxSize`; a piece's size is the sum of its parts'.
 */
export function cutText(text: string, maxSize: number, sizeOf: (piece: string) => number): string {
  // No character takes less than one, so of a very long text only so much is looked at.
  if (text.length <= maxSize && sizeOf(text) <= maxSize) return text;
  let left = maxSize - sizeOf(ELLIPSIS);
  let end = 0;
  for (const { segment, index } of characters().segment(text.slice(0, maxSize + LONGEST_CHARACTER))) {
    left -= sizeOf(segment);
    if (left < 0) break;
    end = index + segment.length;
  }
  return `${text.slice(0, end)}${ELLIPSIS}`;
}

const ELLIPSIS = "…";

/** So that no character that fits is taken for a shorter one, because the piece that is looked at ends within it. */
const LONGEST_CHARACTER = 64;

let segmenter: Intl.Segmenter | undefined;

/** Made for the first text that is too long: it loads tables of a megabyte. */
function characters(): Intl.Segmenter {
  segmenter ??= new Intl.Segmenter(undefined, { granularity: "grapheme" });
  return segmenter;
}

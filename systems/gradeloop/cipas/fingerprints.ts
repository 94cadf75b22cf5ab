import { tokenize } from "./tokenize.ts";

/** Tokens that a match must at least have to be found at all: shorter ones are everywhere. */
const K = 8;
/** A match of `K + WINDOW - 1` tokens is found for certain. */
const WINDOW = 6;
/** Tokens that are read of one submission; what is longer is judged by its beginning. */
const MAX_TOKENS = 50_000;

/** One chosen run of `K` tokens. */
export interface Fingerprint {
  readonly hash: number;
  /** Lines of the source that the run covers, counted from 1. */
  readonly firstLine: number;
  readonly lastLine: number;
}

/**
 * Fingerprints of a source by winnowing: of each window of neighbouring runs the one with the least hash is kept, the
 * right-most where several have it. Names and layout do not count.
 *
 * @see S. Schleimer, D. S. Wilkerson, A. Aiken: Winnowing: Local Algorithms for Document Fingerprinting, SIGMOD 2003.
 */
export function fingerprintsOf(source: string): readonly Fingerprint[] {
  const tokens = tokenize(source, MAX_TOKENS);
  const hashes = hashRuns(tokens.map(({ text }) => text));
  return winnow(hashes, WINDOW).map((at) => ({
    hash: hashes[at] as number,
    firstLine: tokens[at]?.line ?? 0,
    lastLine: tokens[at + K - 1]?.line ?? 0,
  }));
}

/** The places that winnowing keeps, in order. A source too short for one window is one window. */
export function winnow(hashes: readonly number[], window: number): readonly number[] {
  const kept: number[] = [];
  const windows = hashes.length === 0 ? 0 : Math.max(1, hashes.length - window + 1);
  let least = -1;
  for (let start = 0; start < windows; start++) {
    const end = Math.min(start + window, hashes.length);
    if (least < start) {
      least = start;
      for (let at = start + 1; at < end; at++) if (isLess(hashes, at, least)) least = at;
    } else if (isLess(hashes, end - 1, least)) {
      least = end - 1;
    }
    if (kept.at(-1) !== least) kept.push(least);
  }
  return kept;
}

/** Equal counts as less, so that the right-most is kept. */
function isLess(hashes: readonly number[], at: number, than: number): boolean {
  return (hashes[at] as number) <= (hashes[than] as number);
}

/** FNV-1a over each run of `K` tokens. It is stable over processes and versions, which a stored report relies on. */
function hashRuns(tokens: readonly string[]): readonly number[] {
  const single = tokens.map((token) => fnv1a(token));
  return Array.from({ length: Math.max(0, tokens.length - K + 1) }, (_, start) => {
    let hash = 0x811c9dc5;
    for (let at = start; at < start + K; at++) hash = Math.imul(hash ^ (single[at] as number), 0x01000193);
    return mix(hash);
  });
}

function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash >>> 0;
}

/** Spreads what FNV leaves in the low bits, as the least of a window must be as good as drawn. */
function mix(hash: number): number {
  const high = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  const low = Math.imul(high ^ (high >>> 13), 0xc2b2ae35);
  return (low ^ (low >>> 16)) >>> 0;
}

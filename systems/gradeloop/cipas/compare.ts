import { setImmediate } from "node:timers/promises";
import { type Fingerprint, fingerprintsOf } from "./fingerprints.ts";

export interface Source {
  readonly id: bigint;
  readonly studentId: string;
  readonly content: string;
}

/** Lines of two sources that match; both ends are included, the first line is 1. */
export interface MatchedSpan {
  aFirstLine: number;
  aLastLine: number;
  bFirstLine: number;
  bLastLine: number;
}

export interface SimilarPair {
  readonly a: Source;
  readonly b: Source;
  /** Shared fingerprints as a share of those of the shorter source. */
  readonly similarity: number;
  readonly spans: readonly MatchedSpan[];
}

export interface CompareOptions {
  readonly threshold: number;
  /** The most alike pairs that are kept. */
  readonly maxPairs: number;
  readonly signal: AbortSignal;
}

/** A fingerprint that so large a share of the class has is what was handed out, or what everybody writes. */
const COMMON_SHARE = 0.6;
/** In a small class everything is common. */
const COMMON_MIN_SOURCES = 5;
const MAX_SPANS = 100;

/**
 * Compares each source with each other one by their fingerprints. Lets others work between the sources: a class of
 * hundreds takes a while.
 */
export async function compareAll(
  sources: readonly Source[],
  { threshold, maxPairs, signal }: CompareOptions,
): Promise<readonly SimilarPair[]> {
  const prints: (readonly Fingerprint[])[] = [];
  for (const { content } of sources) {
    signal.throwIfAborted();
    prints.push(fingerprintsOf(content));
    await setImmediate();
  }
  const common = commonHashes(prints);
  const byHash = prints.map((list) =>
    Map.groupBy(
      list.filter(({ hash }) => !common.has(hash)),
      ({ hash }) => hash,
    ),
  );
  let pairs: SimilarPair[] = [];
  for (const [at, a] of sources.entries()) {
    signal.throwIfAborted();
    for (let other = at + 1; other < sources.length; other++) {
      const b = sources[other] as Source;
      const { similarity, shared } = overlap(byHash[at] as HashIndex, byHash[other] as HashIndex);
      if (similarity >= threshold && similarity > 0) pairs.push({ a, b, similarity, spans: spansOf(shared) });
    }
    if (pairs.length > 2 * maxPairs) pairs = mostAlike(pairs, maxPairs);
    await setImmediate();
  }
  return mostAlike(pairs, maxPairs);
}

type HashIndex = ReadonlyMap<number, readonly Fingerprint[]>;
type Match = readonly [Fingerprint, Fingerprint];

function commonHashes(prints: readonly (readonly Fingerprint[])[]): ReadonlySet<number> {
  if (prints.length < COMMON_MIN_SOURCES) return new Set();
  const counts = new Map<number, number>();
  for (const list of prints) {
    for (const hash of new Set(list.map((print) => print.hash))) counts.set(hash, (counts.get(hash) ?? 0) + 1);
  }
  return new Set([...counts].filter(([, count]) => count > COMMON_SHARE * prints.length).map(([hash]) => hash));
}

function overlap(a: HashIndex, b: HashIndex): { readonly similarity: number; readonly shared: readonly Match[] } {
  const [small, large] = a.size <= b.size ? [a, b] : [b, a];
  if (small.size === 0) return { similarity: 0, shared: [] };
  const hashes = [...small.keys()].filter((hash) => large.has(hash));
  const shared = hashes.map((hash): Match => [a.get(hash)?.[0] as Fingerprint, b.get(hash)?.[0] as Fingerprint]);
  return { similarity: hashes.length / small.size, shared };
}

/** Joins matches whose lines touch in both sources. */
function spansOf(shared: readonly Match[]): readonly MatchedSpan[] {
  const spans: MatchedSpan[] = [];
  for (const [a, b] of shared.toSorted(([a], [b]) => a.firstLine - b.firstLine)) {
    const last = spans.at(-1);
    const touches =
      last &&
      a.firstLine <= last.aLastLine + 1 &&
      b.firstLine <= last.bLastLine + 1 &&
      b.lastLine >= last.bFirstLine - 1;
    if (touches) {
      last.aLastLine = Math.max(last.aLastLine, a.lastLine);
      last.bFirstLine = Math.min(last.bFirstLine, b.firstLine);
      last.bLastLine = Math.max(last.bLastLine, b.lastLine);
    } else {
      spans.push({
        aFirstLine: a.firstLine,
        aLastLine: a.lastLine,
        bFirstLine: b.firstLine,
        bLastLine: b.lastLine,
      });
    }
  }
  return spans.slice(0, MAX_SPANS);
}

function mostAlike(pairs: readonly SimilarPair[], count: number): SimilarPair[] {
  return pairs.toSorted((a, b) => b.similarity - a.similarity).slice(0, count);
}

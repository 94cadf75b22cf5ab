import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compareAll, type Source } from "../cipas/compare.ts";
import { fingerprintsOf, winnow } from "../cipas/fingerprints.ts";
import { tokenize } from "../cipas/tokenize.ts";

const K = 8;
const WINDOW = 6;
/** What a match must have in tokens to be found for certain (the guarantee of winnowing). */
const GUARANTEED = K + WINDOW - 1;

const textsOf = (source: string): string[] => tokenize(source, 10_000).map(({ text }) => text);

describe("tokens", () => {
  test("are a program without its names, values, layout and comments", () => {
    const python = textsOf('def add(a, b):  # sums\n    return a + b + 10 + "x"');
    const renamed = textsOf("def plus(first,second): return first+second+99+'other words'");
    expect(renamed).toEqual(python);
    expect(python).toEqual(["def", "n", "(", "n", ",", "n", ")", ":", "return", "n", "+", "n", "+", "0", "+", "s"]);
  });

  test("know their lines, also after comments and texts of several lines", () => {
    const lines = tokenize('/* one\ntwo */ a\n"""x\ny""" b\nc', 100).map(({ text, line }) => `${text}${line}`);
    expect(lines).toEqual(["n2", "s3", "n4", "n5"]);
  });

  test("come of anything at all, in time", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 2_000 }), (source) => {
        expect(tokenize(source, 1_000_000).length).toBeLessThanOrEqual(source.length);
      }),
    );
    for (const source of ['"'.repeat(60_000), "/*".repeat(30_000), "\\".repeat(60_000), '"""'.repeat(20_000)])
      tokenize(source, 100_000);
  });
});

describe("winnowing", () => {
  test("keeps of each window the least, the right-most where several are", () => {
    // The example of the paper (figure 2), windows of 4.
    const hashes = [77, 74, 42, 17, 98, 50, 17, 98, 8, 88, 67, 39, 77, 74, 42, 17, 98];
    expect(winnow(hashes, 4).map((at) => [hashes[at], at])).toEqual([
      [17, 3],
      [17, 6],
      [8, 8],
      [39, 11],
      [17, 15],
    ]);
  });

  test("leaves no window without a fingerprint, and keeps nothing else", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(20), { maxLength: 60 }), fc.integer({ min: 1, max: 10 }), (hashes, window) => {
        const kept = new Set(winnow(hashes, window));
        const naive = new Set<number>();
        for (
          let start = 0;
          start + Math.min(window, hashes.length) <= hashes.length && start < hashes.length;
          start++
        ) {
          const end = Math.min(start + window, hashes.length);
          let least = start;
          for (let at = start; at < end; at++) if ((hashes[at] ?? 0) <= (hashes[least] ?? 0)) least = at;
          naive.add(least);
        }
        expect(kept).toEqual(naive);
      }),
    );
  });

  test("finds every match that is long enough, wherever it stands", () => {
    const word = fc.constantFrom("if", "for", "while", "return", "+", "-", "(", ")", "x", "1", "=", ";");
    const words = (min: number, max: number) => fc.array(word, { minLength: min, maxLength: max });
    fc.assert(
      fc.property(
        words(GUARANTEED, 40),
        words(0, 30),
        words(0, 30),
        words(0, 30),
        words(0, 30),
        (shared, ...around) => {
          const [a = [], b = [], c = [], d = []] = around.map((list) => list.join(" "));
          const hashesOf = (source: string) => new Set(fingerprintsOf(source).map(({ hash }) => hash));
          const left = hashesOf(`${a} ${shared.join(" ")} ${b}`);
          const right = hashesOf(`${c} ${shared.join(" ")} ${d}`);
          expect([...left].some((hash) => right.has(hash))).toBe(true);
        },
      ),
    );
  });
});

describe("a comparison", () => {
  const options = { threshold: 0.3, maxPairs: 200, signal: new AbortController().signal };
  const source = (id: number, content: string): Source => ({ id: BigInt(id), studentId: `s${id}`, content });
  const SUM =
    "def total(items):\n    result = 0\n    for item in items:\n        if item > 0:\n            result += item\n    return result\n";
  const OTHER =
    "class Tree {\n  constructor(left, right) { this.left = left; this.right = right; }\n  depth() { return 1 + Math.max(this.left?.depth() ?? 0, this.right?.depth() ?? 0); }\n}\n";

  test("finds the copy whose names were changed, and its lines", async () => {
    const copy = `# mine\n\n${SUM.replaceAll("items", "xs").replaceAll("item", "x").replaceAll("result", "acc")}`;
    const pairs = await compareAll([source(1, SUM), source(2, OTHER), source(3, copy)], options);
    expect(pairs).toMatchObject([{ a: { id: 1n }, b: { id: 3n }, similarity: 1 }]);
    expect(pairs[0]?.spans[0]).toMatchObject({ aFirstLine: 1, bFirstLine: 3 });
  });

  test("says how much was copied into something larger", async () => {
    const [pair] = await compareAll([source(1, SUM), source(2, `${OTHER}${SUM}${OTHER}`)], options);
    expect(pair?.similarity).toBe(1);
  });

  test("finds nothing in what is empty or too short", async () => {
    expect(await compareAll([source(1, ""), source(2, ""), source(3, "x = 1"), source(4, "x = 1")], options)).toEqual(
      [],
    );
  });

  test("does not count what the whole class was given", async () => {
    const parts = [
      "while a < b: c(d, e)[f] = -g",
      "try: h(i) except j: k.l()",
      "for m in n: yield o ** p % q",
      "return [r for s in t if u]",
      "with v as w: x, y = z",
      "assert not a or b and (c, d)",
    ];
    const class6 = parts.map((part, at) => source(at, `${SUM}${part.repeat(2)}`));
    const pairs = await compareAll(class6, options);
    expect(pairs).toEqual([]);
  });

  test("ends when it is told to", async () => {
    const many = Array.from({ length: 50 }, (_, at) => source(at, SUM));
    await expect(compareAll(many, { ...options, signal: AbortSignal.abort(new Error("over")) })).rejects.toThrow(
      "over",
    );
  });
});

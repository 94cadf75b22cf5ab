import { constants, PerformanceObserver } from "node:perf_hooks";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test, vi } from "vitest";
import { collectYoungEarly, createCollector } from "../../src/buffers/collect-young-early.ts";
import { createExternalCount, hintYoungCollection } from "../../src/buffers/external-memory.ts";

const KIB = 1_024;
const MIB = 1_024 * KIB;

/** A count with a V8 that marks so often in each collection. */
function setUp({ marksEach }: { marksEach: number }) {
  const v8 = { marksEach, marks: 0, collections: 0 };
  const count = createExternalCount({
    collectYoung: () => {
      v8.collections += 1;
      v8.marks += v8.marksEach;
    },
    marks: () => Math.floor(v8.marks),
  });
  const collectionsIn = (steps: number): number => {
    const before = v8.collections;
    for (let step = 0; step < steps; step++) count(3 * MIB);
    return v8.collections - before;
  };
  return { v8, count, collectionsIn };
}

test("for each 3 MiB there is one collection, whatever the sizes that make them up", () => {
  const { v8, count } = setUp({ marksEach: 0 });
  count(MIB);
  count(MIB);
  expect(v8.collections).toBe(0);
  count(MIB);
  expect(v8.collections).toBe(1);
  count(100 * MIB);
  expect(v8.collections).toBe(2);
  count(3 * MIB - 16 * KIB);
  expect(v8.collections).toBe(2);
  count(16 * KIB);
  expect(v8.collections).toBe(3);
});

test("small buffers are not counted", () => {
  const { v8, count } = setUp({ marksEach: 0 });
  for (let message = 0; message < 10_000; message++) count(16 * KIB - 1);
  expect(v8.collections).toBe(0);
});

test("a round in which V8 marks all the same is followed by a rest, each twice as long as the one before", () => {
  const { collectionsIn } = setUp({ marksEach: 1 / 4 });
  for (const rest of [32, 64, 128, 256, 512, 1_024, 1_024]) {
    expect(collectionsIn(32)).toBe(32);
    expect(collectionsIn(rest)).toBe(0);
  }
});

test("once it helps again it is done at every step, and the next rest is short", () => {
  const { v8, collectionsIn } = setUp({ marksEach: 1 / 4 });
  expect(collectionsIn(32 + 32 + 32 + 64)).toBe(64);
  v8.marksEach = 0;
  expect(collectionsIn(1_000 * 32)).toBe(1_000 * 32);
  v8.marksEach = 1 / 4;
  expect(collectionsIn(32 + 32)).toBe(32);
});

test("V8 may mark now and then for other reasons", () => {
  const { collectionsIn } = setUp({ marksEach: 1 / 8 });
  expect(collectionsIn(1_000 * 32)).toBe(1_000 * 32);
});

test("nothing is collected before the owner of the process asks for it", async () => {
  vi.resetModules();
  const fresh = await import("../../src/buffers/external-memory.ts");
  let collections = 0;
  fresh.hintYoungCollection(100 * MIB);
  fresh.countWith({
    collectYoung: () => {
      collections += 1;
    },
    marks: () => 0,
  });
  expect(collections).toBe(0);
  fresh.hintYoungCollection(3 * MIB);
  expect(collections).toBe(1);
});

test("V8 collects its young generation, and shows its collector to nobody else", async () => {
  const kinds: (number | undefined)[] = [];
  const enough = Promise.withResolvers<void>();
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) kinds.push((entry as { detail?: { kind?: number } }).detail?.kind);
    if (kinds.filter((kind) => kind === constants.NODE_PERFORMANCE_GC_MINOR).length >= 12) enough.resolve();
  });
  observer.observe({ entryTypes: ["gc"] });
  collectYoungEarly();
  for (let step = 0; step < 12; step++) hintYoungCollection(3 * MIB);
  await enough.promise;
  observer.disconnect();
  expect(globalThis).not.toHaveProperty("gc");
  expect(runInNewContext("typeof gc")).toBe("undefined");
});

test("a collection of the whole heap is noticed, one of the young generation is not", async () => {
  const collector = createCollector();
  for (let round = 0; round < 5; round++) collector.collectYoung();
  await new Promise((resolve) => setImmediate(resolve));
  expect(collector.marks()).toBe(0);
  while (collector.marks() === 0) {
    collectAll();
    await new Promise((resolve) => setImmediate(resolve));
  }
});

function collectAll(): void {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  setFlagsFromString("--no-expose-gc");
  collect();
}

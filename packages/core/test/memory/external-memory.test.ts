import { constants, PerformanceObserver } from "node:perf_hooks";
import { expect, test } from "vitest";
import { countExternal, createExternalCount } from "../../src/memory/external-memory.ts";

const MIB = 1_024 * 1_024;

test("for each 16 MiB there is one collection, whatever the sizes that make them up", () => {
  let collections = 0;
  const count = createExternalCount(() => {
    collections += 1;
  });
  for (let message = 1; message <= 15; message++) count(MIB);
  expect(collections).toBe(0);
  count(MIB);
  expect(collections).toBe(1);
  count(100 * MIB);
  expect(collections).toBe(2);
  count(16 * MIB - 1);
  expect(collections).toBe(2);
  count(1);
  expect(collections).toBe(3);
});

test("V8 collects its young generation, and tells nobody else of its collector", async () => {
  const kinds: (number | undefined)[] = [];
  const enough = Promise.withResolvers<void>();
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) kinds.push((entry as { detail?: { kind?: number } }).detail?.kind);
    if (kinds.filter((kind) => kind === constants.NODE_PERFORMANCE_GC_MINOR).length >= 20) enough.resolve();
  });
  observer.observe({ entryTypes: ["gc"] });
  for (let round = 0; round < 20; round++) countExternal(16 * MIB);
  await enough.promise;
  observer.disconnect();
  expect(globalThis).not.toHaveProperty("gc");
  expect(process.getBuiltinModule("node:vm").runInNewContext("typeof gc")).toBe("undefined");
});

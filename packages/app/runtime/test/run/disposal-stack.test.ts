import { createManualClock, noopLogger } from "@parley/core";
import { expect, test } from "vitest";
import { createDisposalStack } from "../../src/run/disposal-stack.ts";

test("what is left of the grace is whole milliseconds, so that a part can end though its clock counts fractions", async () => {
  const manual = createManualClock();
  const clock = { ...manual, now: () => manual.now() + 0.25 * ++reads };
  let reads = 0;
  const closers = createDisposalStack({ log: noopLogger, clock });
  const graces: number[] = [];
  for (const name of ["first", "second", "third"]) {
    closers.add(name, ({ graceMs }) => {
      graces.push(graceMs);
      return AbortSignal.timeout(graceMs) && "drained";
    });
  }
  expect(await closers.closeAll({ graceMs: 9_000, signal: new AbortController().signal })).toBe("drained");
  expect(graces).toHaveLength(3);
  expect(graces.every(Number.isInteger)).toBe(true);
});

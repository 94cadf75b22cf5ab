import { expect, test } from "vitest";
import { acquireBuffer, releaseBuffer } from "../../src/buffers/buffer-pool.ts";

const LARGE = 1_000_000;

test("a large buffer that is given back is lent again, and only once", () => {
  const first = acquireBuffer(LARGE);
  releaseBuffer(first.buffer);
  releaseBuffer(first.buffer);
  const [second, third] = [acquireBuffer(LARGE - 1), acquireBuffer(LARGE - 1)];
  expect(second.buffer).toBe(first.buffer);
  expect(second.length).toBe(LARGE - 1);
  expect(third.buffer).not.toBe(first.buffer);
  for (const { buffer } of [second, third]) releaseBuffer(buffer);
});

test("a buffer that was not lent is nobody's to give back", () => {
  const own = Buffer.alloc(LARGE);
  releaseBuffer(own.buffer);
  const lent = acquireBuffer(LARGE);
  expect(lent.buffer).not.toBe(own.buffer);
  releaseBuffer(lent.buffer);
});

test("what is kept for later is bounded", () => {
  const large = Array.from({ length: 5 }, () => acquireBuffer(LARGE * 2));
  for (const { buffer } of large) releaseBuffer(buffer);
  const again = new Set(Array.from({ length: 5 }, () => acquireBuffer(LARGE * 2).buffer));
  expect(large.filter(({ buffer }) => again.has(buffer))).toHaveLength(4);
  const huge = acquireBuffer(LARGE * 20);
  releaseBuffer(huge.buffer);
  expect(acquireBuffer(LARGE * 20).buffer).not.toBe(huge.buffer);
});

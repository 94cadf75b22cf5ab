import { expect, test } from "vitest";
import { giveBack, takeOctets } from "../../src/buffers/lent-octets.ts";

const LARGE = 1_000_000;

test("a large buffer that is given back is lent again, and only once", () => {
  const first = takeOctets(LARGE);
  giveBack(first.buffer);
  giveBack(first.buffer);
  const [second, third] = [takeOctets(LARGE - 1), takeOctets(LARGE - 1)];
  expect(second.buffer).toBe(first.buffer);
  expect(second.length).toBe(LARGE - 1);
  expect(third.buffer).not.toBe(first.buffer);
  for (const { buffer } of [second, third]) giveBack(buffer);
});

test("a buffer that was not lent is nobody's to give back", () => {
  const own = Buffer.alloc(LARGE);
  giveBack(own.buffer);
  const lent = takeOctets(LARGE);
  expect(lent.buffer).not.toBe(own.buffer);
  giveBack(lent.buffer);
});

test("what is kept for later is bounded", () => {
  const large = Array.from({ length: 5 }, () => takeOctets(LARGE * 2));
  for (const { buffer } of large) giveBack(buffer);
  const again = new Set(Array.from({ length: 5 }, () => takeOctets(LARGE * 2).buffer));
  expect(large.filter(({ buffer }) => again.has(buffer))).toHaveLength(4);
  const huge = takeOctets(LARGE * 20);
  giveBack(huge.buffer);
  expect(takeOctets(LARGE * 20).buffer).not.toBe(huge.buffer);
});

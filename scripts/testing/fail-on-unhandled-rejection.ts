/**
 * A rejection that nothing handles would end a part of a system, so it fails the suite in which it came, by its own error. Vitest
 * fails the run for it too, unless a test or an option takes its listener away; this holds for each suite.
 */
import { afterAll, expect } from "vitest";

const rejections: unknown[] = [];
process.on("unhandledRejection", (reason) => void rejections.push(reason));

afterAll(async () => {
  // Node tells of a rejection after the microtasks of the turn in which it came.
  await new Promise((resolve) => setImmediate(resolve));
  expect(rejections, "rejections that nothing handled").toEqual([]);
});

import { expect, test } from "vitest";
import { LinkedQueue } from "../src/collections/linked-queue.ts";

test("members stand in the order of coming, whoever leaves on the way", () => {
  const line = new LinkedQueue<string>();
  expect([line.length, line.first, line.shift()]).toEqual([0, undefined, undefined]);
  const [a, b, , d] = ["a", "b", "c", "d"].map((name) => line.push(name));
  expect(b?.remove()).toBe(true);
  expect(line.all()).toEqual(["a", "c", "d"]);
  expect(d?.remove()).toBe(true);
  line.push("e");
  expect(a?.remove()).toBe(true);
  expect([line.first, line.length, line.all()]).toEqual(["c", 2, ["c", "e"]]);
  expect([line.shift(), line.shift(), line.shift()]).toEqual(["c", "e", undefined]);
  line.push("f");
  expect(line.all()).toEqual(["f"]);
});

test("a place is given up once", () => {
  const line = new LinkedQueue<number>();
  const place = line.push(1);
  line.push(2);
  expect([place.remove(), place.remove(), line.length]).toEqual([true, false, 1]);
  const [shifted] = [line.push(3), line.shift(), line.shift()];
  expect(shifted?.remove()).toBe(false);
  expect(line.all()).toEqual([]);
});

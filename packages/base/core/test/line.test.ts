import { expect, test } from "vitest";
import { Line } from "../src/collections/line.ts";

test("members stand in the order of coming, whoever leaves on the way", () => {
  const line = new Line<string>();
  expect([line.length, line.first, line.shift()]).toEqual([0, undefined, undefined]);
  const [a, b, , d] = ["a", "b", "c", "d"].map((name) => line.join(name));
  expect(b?.leave()).toBe(true);
  expect(line.all()).toEqual(["a", "c", "d"]);
  expect(d?.leave()).toBe(true);
  line.join("e");
  expect(a?.leave()).toBe(true);
  expect([line.first, line.length, line.all()]).toEqual(["c", 2, ["c", "e"]]);
  expect([line.shift(), line.shift(), line.shift()]).toEqual(["c", "e", undefined]);
  line.join("f");
  expect(line.all()).toEqual(["f"]);
});

test("a place is given up once", () => {
  const line = new Line<number>();
  const place = line.join(1);
  line.join(2);
  expect([place.leave(), place.leave(), line.length]).toEqual([true, false, 1]);
  const [shifted] = [line.join(3), line.shift(), line.shift()];
  expect(shifted?.leave()).toBe(false);
  expect(line.all()).toEqual([]);
});

import { expect, test } from "vitest";
import { exactNumber } from "../orders/money.ts";

test.each([
  ["999.99", 999.99],
  ["0", 0],
  ["0.00", 0],
  ["0.30", 0.3],
  ["1999.980", 1999.98],
  ["123456789012.345", 123456789012.345],
])("the decimal %s is the number %d", (decimal, expected) => {
  expect(exactNumber(decimal)).toBe(expected);
});

test("a decimal that a number cannot hold is refused, not rounded", () => {
  expect(() => exactNumber("1234567890123.456")).toThrow("more digits than a JSON number can hold");
});

import { expect, test } from "vitest";
import { timestampText } from "../src/json/timestamp-text.ts";

const DAY_SECONDS = 86_400;
const FIRST = new Date(0).setUTCFullYear(1, 0, 1) / 1_000;
const LAST = Date.UTC(9_999, 11, 31) / 1_000;
/** Not a divisor of any period of the calendar: each day of the year comes up. */
const STEP_DAYS = 13;

test("the first and the last second of days of all the years 1 to 9999 are written as Date writes them", () => {
  const wrong: string[] = [];
  for (let day = FIRST; day <= LAST; day += DAY_SECONDS * STEP_DAYS) {
    for (const second of [day, day + DAY_SECONDS - 1]) {
      const expected = new Date(second * 1_000).toISOString().replace(".000", "");
      const text = timestampText(second, 0);
      if (text !== expected) wrong.push(`${expected} as ${text}`);
    }
  }
  expect(wrong).toEqual([]);
});

test.each([
  [0, 0, "1970-01-01T00:00:00Z"],
  [-1, 999_999_999, "1969-12-31T23:59:59.999999999Z"],
  [951_782_400, 10_000_000, "2000-02-29T00:00:00.010Z"],
  [1_709_164_800, 120_000, "2024-02-29T00:00:00.000120Z"],
  [4_107_542_400, 1, "2100-03-01T00:00:00.000000001Z"],
  [-62_135_596_800, 0, "0001-01-01T00:00:00Z"],
  [253_402_300_799, 0, "9999-12-31T23:59:59Z"],
  [-62_135_596_801, 0, undefined],
  [253_402_300_800, 0, undefined],
  [Number.NaN, 0, undefined],
  [0, -1, undefined],
  [0, 1_000_000_000, undefined],
  [0, 999_000_000, "1970-01-01T00:00:00.999Z"],
])("%d seconds and %d nanoseconds are %s", (seconds, nanos, text) => {
  expect(timestampText(seconds, nanos)).toBe(text);
});

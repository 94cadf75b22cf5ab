import { describe, expect, it } from "vitest";
import { parseRetryAfter } from "../src/send/retry-after.ts";

const NOW = Date.UTC(1994, 10, 6, 8, 48, 37);

describe("Retry-After", () => {
  it.each([
    ["seconds", "120", 120_000],
    ["seconds without bound", "99999999999", 99_999_999_999_000],
    ["the date of RFC 9110", "Sun, 06 Nov 1994 08:49:37 GMT", 60_000],
    ["the date of RFC 850", "Sunday, 06-Nov-94 08:49:37 GMT", 60_000],
    ["the date of asctime", "Sun Nov  6 08:49:37 1994", 60_000],
    ["a date that has passed", "Sun, 06 Nov 1994 08:00:00 GMT", 0],
    ["a negative number", "-5", undefined],
    ["a fraction", "1.5", undefined],
    ["a date that is none", "Sun, 99 Nov 1994 08:49:37 GMT", undefined],
    ["words", "soon", undefined],
    ["nothing", undefined, undefined],
  ])("reads %s", (_, value, expected) => {
    expect(parseRetryAfter(value, NOW)).toBe(expected);
  });
});

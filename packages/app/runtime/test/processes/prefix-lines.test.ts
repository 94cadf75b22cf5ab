import { expect, test } from "vitest";
import { createLinePrefixer, linePrefix } from "../../src/processes/prefix-lines.ts";

test("lines come whole, however they were cut", () => {
  const lines: string[] = [];
  const prefixer = createLinePrefixer("a | ", (line) => lines.push(line));
  for (const chunk of ["on", "e\ntwo\nth", "ree"]) prefixer.push(chunk);
  expect(lines).toEqual(["a | one\n", "a | two\n"]);
  prefixer.end();
  prefixer.end();
  expect(lines.at(-1)).toBe("a | three\n");
  expect(lines).toHaveLength(3);
});

test("a line without end is written in pieces", () => {
  const lines: string[] = [];
  const prefixer = createLinePrefixer("", (line) => lines.push(line));
  for (let i = 0; i < 10; i++) prefixer.push("x".repeat(20_000));
  expect(lines.length).toBeGreaterThan(1);
});

test("names are padded, and coloured only where colours are wanted", () => {
  expect(linePrefix("a", ["a", "long-name"], "off")).toBe("a         | ");
  expect(linePrefix("a", ["a"], "on")).toContain("\u001b[");
});

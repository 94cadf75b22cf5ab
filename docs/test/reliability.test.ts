import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const PAGE = new URL("../reference/reliability.md", import.meta.url);
const ROW = /\| \[([^\]]+)\]\(([^)]+)\) \|$/gm;

const rows = [...readFileSync(PAGE, "utf8").matchAll(ROW)].map(([, name = "", path = ""]) => ({ name, path }));

test("every row of the page has a test", () => {
  const lines = readFileSync(PAGE, "utf8").split("\n");
  expect(rows).toHaveLength(lines.filter((line) => line.startsWith("| ")).length - 2);
});

test.each(rows)("$name is in $path", ({ name, path }) => {
  const code = readFileSync(new URL(path, PAGE), "utf8");
  expect(code).toContain(name);
  // The call that the name is given to, and those around it.
  const before = code.slice(0, code.indexOf(name));
  expect(before.slice(before.lastIndexOf("\n\n"))).not.toMatch(/\.(skip|todo)\b/);
});

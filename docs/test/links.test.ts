import { existsSync, globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const ROOT = new URL("../../", import.meta.url);
const PAGES = globSync(
  ["*.md", "docs/**/*.md", "bench/*.md", "conformance/*.md", "deploy/**/*.md", "examples/**/*.md"],
  {
    cwd: fileURLToPath(ROOT),
  },
);

/** The targets of a page's links, without those that stand in code. */
function linksOf(markdown: string): string[] {
  const prose = markdown.replace(/^```[\s\S]*?^```/gm, "").replace(/`[^`\n]*`/g, "code");
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1] ?? "");
}

/** The anchors that a renderer makes of a page's headings. */
function anchorsOf(markdown: string): string[] {
  return [...markdown.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

describe.each(PAGES)("%s", (page) => {
  const here = new URL(page, ROOT);
  const links = linksOf(readFileSync(here, "utf8")).filter((link) => !/^[a-z]+:/.test(link));

  test("its links lead somewhere", () => {
    const broken = links.filter((link) => {
      const target = new URL(link, here);
      const anchor = decodeURIComponent(target.hash.slice(1));
      target.hash = "";
      if (!existsSync(target)) return true;
      return anchor !== "" && !anchorsOf(readFileSync(target, "utf8")).includes(anchor);
    });
    expect(broken).toEqual([]);
  });
});

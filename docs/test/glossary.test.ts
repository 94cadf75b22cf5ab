import { globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const GLOSSARY = readFileSync(new URL("../glossary.md", import.meta.url), "utf8");

/** The single words of the third column, and those of a private dialect that once stood in names. */
const REFUSED = new Set([
  ...[...GLOSSARY.matchAll(/^\| [^|]+ \| [^|]+ \| ([^|]*) \|$/gm)].flatMap(([, words = ""]) =>
    words.split(/,\s*/).filter((word) => word !== "" && word !== "not"),
  ),
  ...["octet", "octets", "told", "tell", "heard", "hear", "whoever", "desk", "seat", "visit", "carry", "arriving"],
]);
/** Words that are right in one name of the field's own. */
const ALLOWED = new Set<string>();

const wordsOf = (name: string): readonly string[] => name.match(/[A-Z]+(?![a-z])|[A-Z]?[a-z]+/g) ?? [];

const names = globSync("packages/*/*/public-names.txt", { cwd: ROOT }).flatMap((path) =>
  readFileSync(`${ROOT}/${path}`, "utf8")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#") && !line.startsWith("*"))
    .map((line) => line.replace(/^type /, "")),
);

test("no name that a package exports is made of a word that the glossary refuses", () => {
  expect(names.length).toBeGreaterThan(400);
  const refused = names.filter(
    (name) => !ALLOWED.has(name) && wordsOf(name).some((word) => REFUSED.has(word.toLowerCase())),
  );
  expect(refused).toEqual([]);
});

test("each word stands once, in the order of the alphabet", () => {
  const words = [...GLOSSARY.matchAll(/^\| ([a-z][^|]*?) \| /gm)]
    .map(([, word]) => word)
    .filter((word) => word !== "word");
  expect(words).toEqual([...new Set(words)].toSorted());
});

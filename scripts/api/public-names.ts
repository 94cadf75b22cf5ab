import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";

const REEXPORT = /^export\s+(type\s+)?(\{[^}]*\}|\*)\s+from\s+"([^"]+)";/gm;
const DECLARATION =
  /^export\s+(?:declare\s+)?(?:abstract\s+)?(?:async\s+)?(function\*?|class|const|let|interface|type|enum)\s+([\w$]+)/gm;

/**
 * The names that a module exports, sorted, each with `type` before it where it exists for the compiler alone. What is re-exported from
 * another package by `*` is named as that.
 */
export function publicNames(file: string): readonly string[] {
  const code = readFileSync(file, "utf8");
  const names = new Set<string>();
  for (const [, kind, name = ""] of code.matchAll(DECLARATION)) {
    const isType = kind === "interface" || kind === "type";
    if (!isType) names.delete(`type ${name}`);
    if (!isType || !names.has(name)) names.add(isType ? `type ${name}` : name);
  }
  for (const [, typesOnly, clause = "", from = ""] of code.matchAll(REEXPORT)) {
    if (clause === "*") for (const name of starNames(file, from, typesOnly !== undefined)) names.add(name);
    else for (const name of listedNames(clause, typesOnly !== undefined)) names.add(name);
  }
  return [...names].toSorted((a, b) => (bare(a) < bare(b) ? -1 : 1));
}

const bare = (name: string): string => name.replace(/^type /, "");

function starNames(file: string, from: string, typesOnly: boolean): readonly string[] {
  if (!from.startsWith(".")) return [`* from ${from}`];
  return publicNames(join(dirname(file), from)).map((name) => (typesOnly ? `type ${bare(name)}` : name));
}

function listedNames(clause: string, typesOnly: boolean): readonly string[] {
  const items = clause.slice(1, -1).split(",");
  return items
    .map((item) => /^(type\s+)?[\w$]+(?:\s+as\s+([\w$]+))?$/.exec(item.trim()))
    .filter((match) => match !== null)
    .map((match) => {
      const name = match[2] ?? match[0].replace(/^type\s+/, "");
      return typesOnly || match[1] !== undefined ? `type ${name}` : name;
    });
}

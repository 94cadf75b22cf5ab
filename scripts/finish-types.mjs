/**
 * Makes the built declarations (`dist/**\/*.d.ts`) of a package complete for a program that installs it: the compiler leaves `.ts` in their
 * imports, and nothing in them says that they need the types of Node, which TypeScript 7 no longer takes by itself.
 *
 *   node scripts/finish-types.mjs [package…]     default all of packages/
 */
import { globSync, readFileSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const PACKAGES = join(dirname(dirname(fileURLToPath(import.meta.url))), "packages");
const NODE_TYPES = '/// <reference types="node" />\n';
const NEEDS_NODE = /\bBuffer\b|\bNodeJS\.|["']node:|\bAsyncDisposable\b|\bAbortSignal\b/;
const SOURCE_IMPORT = /((?:from|import)\s*\(?\s*["']\.{1,2}\/[^"']*)\.ts(?=["'])/g;

/** @param {string} text */
function finish(text) {
  const imports = text.replaceAll(SOURCE_IMPORT, "$1.js");
  return NEEDS_NODE.test(imports) && !imports.startsWith(NODE_TYPES) ? NODE_TYPES + imports : imports;
}

/** @param {string} path */
function finishFile(path) {
  const before = readFileSync(path, "utf8");
  const after = finish(before);
  if (after === before) return;
  const { atime, mtime } = statSync(path);
  writeFileSync(path, after);
  utimesSync(path, atime, mtime); // the compiler goes by it: nothing has to be built again
}

const all = globSync("*/*/package.json", { cwd: PACKAGES }).map((path) => join(PACKAGES, dirname(path)));
const chosen = process.argv.length > 2 ? process.argv.slice(2) : all;
for (const folder of chosen) {
  for (const path of globSync("dist/**/*.d.ts", { cwd: folder })) finishFile(join(folder, path));
}

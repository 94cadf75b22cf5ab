import { globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { findUnwatched } from "./find-unwatched.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const namesIn = (body: string): readonly string[] =>
  findUnwatched(`async function f(): Promise<void> {\n${body}\n}`).map(({ name }) => name);

describe("a promise that is started before another one is awaited", () => {
  it.each([
    ["is awaited last", "const x = start(); await other(); await x;"],
    [
      "is gathered last",
      "const x = list.map(async (it) => it.lag()); const y = await other(); return Promise.all([await Promise.all(x), y]);",
    ],
    [
      "is one of an object's",
      "const x = list.map(go); return { a: (await other())?.count ?? 0, b: await Promise.all(x) };",
    ],
    ["has the name of a key", "const x = list.map(go); return { a: (await other()).x, x: await Promise.all(x) };"],
    ["is spread", "const x = list.map(go); await other(); await Promise.all([...x, late()]);"],
    ["outlasts a loop", "const x = start(); for await (const it of stream) use(it); await x;"],
    ["is a promise by name", "const x = new Promise<void>((end) => go(end)); await other(); await x;"],
  ])("is found where it %s", (_, body) => {
    expect(namesIn(body)).toEqual(["x"]);
  });

  it.each([
    ["is awaited first", "const x = start(); await x; await other();"],
    ["is watched", "const x = start(); x.catch(() => {}); await other(); await x;"],
    ["is caught as it starts", "const x = start().catch(() => {}).finally(end); await other(); await x;"],
    ["never rejects", "const x = Promise.allSettled(list.map(go)); await other(); await x;"],
    ["is gathered with the other", "const x = start(); await Promise.all([x, other()]);"],
    ["is handed on", "const x = start(); closers.push(x); await other(); await x;"],
    ["is awaited within another function", "const x = start(); await other(async () => { await x; });"],
    ["was awaited already", "const x = await start(); await other(); await x;"],
  ])("is no fault where it %s", (_, body) => {
    expect(namesIn(body)).toEqual([]);
  });

  // Those of tests wait for one thing at a time on purpose; a rejection there fails its suite.
  it("is nowhere in the sources", () => {
    const files = globSync(["packages/*/*/src/**/*.ts", "systems/*/**/*.ts", "scripts/**/*.ts"], {
      cwd: ROOT,
      exclude: (path) => /node_modules|\/gen\b|\/dist\b|\.parley|\.d\.ts$|\/test(ing)?\b/.test(path),
    });
    expect(files.length).toBeGreaterThan(500);
    const found = files.flatMap((file) =>
      findUnwatched(readFileSync(`${ROOT}/${file}`, "utf8")).map(({ name, line }) => `${file}:${line} ${name}`),
    );
    expect(found).toEqual([]);
  });
});

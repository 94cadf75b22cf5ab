import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { noopLogger } from "@parley/core";
import { cacheDir } from "@parley/wire/internal/cache-dir";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { emptyDatabase, makeEmptyDatabase } from "../src/embedded/empty-database.ts";
import { unpackTar } from "../src/embedded/unpack-tar.ts";

const root = await mkdtemp(join(tmpdir(), "parley-empty-"));
afterAll(() => rm(root, { recursive: true, force: true }));

/** Made once: `initdb` is what all this spares. */
let made: Buffer<ArrayBuffer>;
beforeAll(async () => {
  made = await makeEmptyDatabase();
}, 60_000);

/** What is kept is not looked into, so a small tar shows the same as one of 40 MB. */
const small = Buffer.from("a small tar ".repeat(5_000));

/** A cache folder of its own, and how often the database had to be made. */
async function openCache(folder?: string) {
  const dir = folder ?? (await mkdtemp(join(root, "cache-")));
  const cachePath = join(dir, "nested", "empty.tar.zst");
  let makes = 0;
  const make = async () => {
    makes += 1;
    return small;
  };
  return {
    cachePath,
    files: () => readdir(join(dir, "nested")),
    makes: () => makes,
    read: () => emptyDatabase({ logger: noopLogger, cachePath, make }),
  };
}

describe("the empty database", () => {
  it("is made once and then read from the cache", async () => {
    const cache = await openCache();
    expect((await cache.read()).equals(small)).toBe(true);
    expect((await cache.read()).equals(small)).toBe(true);
    expect(cache.makes()).toBe(1);
    expect(await cache.files()).toEqual(["empty.tar.zst"]);
  });

  it("is made again when the kept one is cut off, changed, empty or something else", async () => {
    const cache = await openCache();
    await cache.read();
    const whole = await readFile(cache.cachePath);
    const changed = Buffer.from(whole);
    changed[changed.length >> 1] = ~(changed[changed.length >> 1] ?? 0);
    for (const damaged of [whole.subarray(0, -1), changed, Buffer.alloc(0), Buffer.from("not ours")]) {
      await writeFile(cache.cachePath, damaged);
      const before = cache.makes();
      expect((await cache.read()).equals(small)).toBe(true);
      expect(cache.makes()).toBe(before + 1);
      expect((await readFile(cache.cachePath)).equals(whole)).toBe(true);
    }
  });

  it("is kept whole when several make it at once, and leaves no draft behind", async () => {
    const cache = await openCache();
    const all = await Promise.all([cache.read(), cache.read(), cache.read()]);
    expect(all.every((tar) => tar.equals(small))).toBe(true);
    expect(await cache.files()).toEqual(["empty.tar.zst"]);
    const before = cache.makes();
    await cache.read();
    expect(cache.makes()).toBe(before);
  });

  it("is made each time where nothing can be kept", async () => {
    const file = join(root, "a-file");
    await writeFile(file, "");
    const belowAFile = await openCache(file);
    const inPlaceOfAFolder = await openCache();
    await mkdir(inPlaceOfAFolder.cachePath, { recursive: true });
    for (const cache of [belowAFile, inPlaceOfAFolder]) {
      await cache.read();
      expect((await cache.read()).equals(small)).toBe(true);
      expect(cache.makes()).toBe(2);
    }
    expect(await inPlaceOfAFolder.files()).toEqual(["empty.tar.zst"]);
  });

  it("starts from a folder that its tar was unpacked into", { timeout: 60_000 }, async () => {
    const folder = join(root, "unpacked");
    unpackTar(made, folder);
    const db = await PGlite.create(folder);
    expect((await db.query("SELECT count(*)::int > 0 AS found FROM pg_class")).rows).toEqual([{ found: true }]);
    await db.close();
  });

  it("that is not a tar of one is an error that ends the start, not a folder half full", () => {
    const folder = join(root, "broken");
    expect(() => unpackTar(made.subarray(0, made.length / 2), folder)).toThrow(/ends within/);
  });
});

it("the cache folder is the one that is named, else one of the system's", () => {
  expect(cacheDir({ PARLEY_CACHE_DIR: "/own", XDG_CACHE_HOME: "/xdg" })).toBe("/own");
  expect(cacheDir({ XDG_CACHE_HOME: "/xdg" })).toBe(join("/xdg", "parley"));
  expect(cacheDir({})).toMatch(/parley$/);
});

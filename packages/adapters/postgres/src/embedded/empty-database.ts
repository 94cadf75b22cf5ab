import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { findPackageJSON } from "node:module";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { constants, zstdCompress, zstdDecompress } from "node:zlib";
import { PGlite } from "@electric-sql/pglite";
import type { Logger } from "@parley/core";
import { cacheDir } from "@parley/wire/internal/cache-dir";

export interface EmptyDatabaseOptions {
  readonly logger: Logger;
  /** Default a file in the user's cache folder, named for the version of PGlite. */
  readonly cachePath?: string;
  /** Makes the tar that is not in the cache. Default {@link makeEmptyDatabase}. */
  readonly make?: () => Promise<Buffer<ArrayBuffer>>;
}

/** An empty database has 40 MB; a cache that holds much more was not written here. */
const MAX_TAR_BYTES = 128 * 1024 * 1024;

/**
 * The files of an empty database, as a tar. Making them costs 5.3 s of one core, because PostgreSQL's `initdb` then
 * runs in WebAssembly; so they are made once and kept, with Zstandard, whose checksum tells of damage. Read from there
 * they cost 0.1 s (3.8 MB; gzip: 0.15 s and 4.5 MB). A cache that cannot be read or written only costs time.
 */
export async function emptyDatabase(options: EmptyDatabaseOptions): Promise<Buffer<ArrayBuffer>> {
  const { logger, cachePath = defaultCachePath(), make = makeEmptyDatabase } = options;
  try {
    return await promisify(zstdDecompress)(await readFile(cachePath), { maxOutputLength: MAX_TAR_BYTES });
  } catch (error) {
    logger.debug({ cachePath, reason: String(error) }, "no usable empty database in the cache, making one");
  }
  const tar = await make();
  await keep(tar, cachePath).catch((error: unknown) => {
    logger.debug(
      { cachePath, reason: String(error) },
      "the empty database cannot be kept, so the next start is as slow",
    );
  });
  return tar;
}

/** Runs `initdb` in memory. */
export async function makeEmptyDatabase(): Promise<Buffer<ArrayBuffer>> {
  const db = await PGlite.create("memory://");
  try {
    const tar = await db.dumpDataDir("none");
    return Buffer.from(await tar.arrayBuffer());
  } finally {
    await db.close();
  }
}

/** The file appears whole or not at all; of two processes that write it at once, the later one wins. */
async function keep(tar: Buffer, path: string): Promise<void> {
  const packed = await promisify(zstdCompress)(tar, { params: { [constants.ZSTD_c_checksumFlag]: 1 } });
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.${randomUUID()}`;
  try {
    await writeFile(draft, packed, { flag: "wx", mode: 0o600 });
    await rename(draft, path);
  } finally {
    await rm(draft, { force: true });
  }
}

/** PGlite is given no options for `initdb`. Whoever gives it some adds them to the name. */
function defaultCachePath(): string {
  return join(cacheDir(), "embedded", `empty-database-pglite-${pgliteVersion()}.tar.zst`);
}

function pgliteVersion(): string {
  const path = findPackageJSON("@electric-sql/pglite", import.meta.url);
  if (path === undefined) throw new TypeError("the package @electric-sql/pglite has no package.json");
  return (JSON.parse(readFileSync(path, "utf8")) as { readonly version: string }).version;
}

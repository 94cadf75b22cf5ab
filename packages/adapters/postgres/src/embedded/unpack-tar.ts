import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const BLOCK_BYTES = 512;
/** Where a header says what, in bytes: POSIX.1-1988 ustar. */
const NAME = [0, 100] as const;
const SIZE = [124, 136] as const;
const TYPE = 156;
const DIRECTORY = "5".charCodeAt(0);

/**
 * Writes the files and folders of a tar below a folder, for their owner alone. Knows what PGlite writes: plain files
 * and folders with names of at most 100 bytes, a folder before what is in it. Synchronous: a thousand small files
 * take 0.1 s so, and PGlite blocks the process next in any case.
 * @throws Error for a tar that ends too early.
 */
export function unpackTar(tar: Buffer, folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  let at = 0;
  while (tar[at] !== 0) {
    const header = tar.subarray(at, at + BLOCK_BYTES);
    const name = textOf(header, NAME);
    const isDirectory = header[TYPE] === DIRECTORY;
    const sizeBytes = isDirectory ? 0 : Number.parseInt(textOf(header, SIZE), 8);
    at += BLOCK_BYTES;
    if (!(at + sizeBytes < tar.length)) throw new Error(`the tar of a database ends within ${name || "a header"}`);
    if (isDirectory) mkdirSync(join(folder, name), { recursive: true, mode: 0o700 });
    else writeFileSync(join(folder, name), tar.subarray(at, at + sizeBytes), { mode: 0o600 });
    at += Math.ceil(sizeBytes / BLOCK_BYTES) * BLOCK_BYTES;
  }
}

function textOf(header: Buffer, [from, to]: readonly [from: number, to: number]): string {
  return header.toString("latin1", from, to).split("\0", 1)[0]?.trim() ?? "";
}

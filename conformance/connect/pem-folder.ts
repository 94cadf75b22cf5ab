import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Keeps PEM in files: Parley reads certificates from files, and the suite sends them as bytes. */
export interface PemFolder {
  /** The path of a file that holds the bytes; undefined if there are none. */
  keep(pem: Uint8Array | undefined): string | undefined;
}

/** A folder that is removed with the process, however it ends: the keys of the suite's runs are not left lying about. */
export function createPemFolder(): PemFolder {
  const dir = mkdtempSync(join(tmpdir(), "conformance-"));
  process.once("exit", () => rmSync(dir, { recursive: true, force: true }));
  let files = 0;
  return {
    keep(pem) {
      if (!pem?.length) return undefined;
      const path = join(dir, `${files++}.pem`);
      writeFileSync(path, pem, { mode: 0o600 });
      return path;
    },
  };
}

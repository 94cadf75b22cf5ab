import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** A folder for data that outlives a system, but not its test. */
export async function temporaryDataDir(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "parley-orders-data-"));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

import { cp, mkdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openDatabase } from "@parley/postgres";
import { GREETINGS_DIR } from "./greetings.ts";

const TEMPLATE = fileURLToPath(new URL("./.parley/template", import.meta.url));

/**
 * Puts a database folder of the greetings system at each of these paths. Making one anew costs seconds of processor
 * time, a copy next to none.
 */
export async function placeDatabases(...folders: readonly string[]): Promise<void> {
  const made = await stat(TEMPLATE).then(
    () => true,
    () => false,
  );
  if (!made) await makeTemplate();
  for (const folder of folders) await cp(TEMPLATE, folder, { recursive: true });
}

/** Test files run side by side, and each may come first: the folder appears whole or not at all. */
async function makeTemplate(): Promise<void> {
  const draft = `${TEMPLATE}-${process.pid}`;
  await mkdir(join(draft, "../../parley"), { recursive: true });
  const migrations = join(GREETINGS_DIR, "migrations/namedb");
  const database = await openDatabase({ dataDir: draft, schema: "namedb", migrations });
  await database.close();
  await rename(draft, TEMPLATE).catch(() => rm(draft, { recursive: true }));
}

import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { isParleyError, ParleyError } from "@parley/core";
import { makeFolder } from "./make-folder.ts";

/** The major version of the PostgreSQL inside of PGlite: data folders of another one cannot be read. */
export const EMBEDDED_POSTGRES_MAJOR = 18;

/**
 * A data folder that this process has to itself.
 *
 * ```
 * <folder>/lock         held while a process has the folder open
 * <folder>/holder.json  who that is, for the error of the next one
 * <folder>/postgres/    the database
 * ```
 */
export interface DataFolder {
  /** Where the database is, or is to be made. */
  readonly databasePath: string;
  /**
   * Makes the database with `create`, which is given a path, if there is none. It becomes the database in one step
   * when it is whole, so a process that is killed half-way leaves nothing that the next one would take for a database.
   */
  initialise(create: (path: string) => Promise<void>): Promise<void>;
  unlock(): void;
}

/**
 * Takes the folder for this process, creating it if it is missing.
 * @throws ParleyError FAILED_PRECONDITION if another process has it, or if its data is of another version.
 */
export async function openDataFolder(folder: string): Promise<DataFolder> {
  try {
    await makeFolder(folder);
    return await openLocked(folder, await lock(folder));
  } catch (error) {
    if (isParleyError(error)) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new ParleyError("FAILED_PRECONDITION", `cannot use the data folder ${folder}: ${why}`, { cause: error });
  }
}

async function openLocked(folder: string, unlock: () => void): Promise<DataFolder> {
  const databasePath = join(folder, "postgres");
  const unfinishedPath = join(folder, "postgres.unfinished");
  try {
    const version = await readIfExists(join(databasePath, "PG_VERSION"));
    assertVersion(folder, version);
    return {
      databasePath,
      unlock,
      async initialise(create) {
        if (version !== undefined) return;
        await rm(unfinishedPath, { recursive: true, force: true });
        await create(unfinishedPath);
        await rename(unfinishedPath, databasePath);
      },
    };
  } catch (error) {
    unlock();
    throw error;
  }
}

/** Somebody else has the lock: https://www.sqlite.org/rescode.html#busy */
const SQLITE_BUSY = 5;

/**
 * Takes the kernel's lock on a file. Node offers it only by way of SQLite, whose exclusive transaction is one; a
 * lock of the kernel ends with its process however that ends, so none can be left behind, which a file with a process
 * id in it cannot say.
 */
async function lock(folder: string): Promise<() => void> {
  const holderPath = join(folder, "holder.json");
  const file = new DatabaseSync(join(folder, "lock"), { timeout: 0 });
  try {
    file.exec("PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
  } catch (cause) {
    file.close();
    if ((cause as { errcode?: unknown }).errcode !== SQLITE_BUSY) throw cause;
    const holder = await readIfExists(holderPath);
    const pid = holder && /"pid":\s*(\d+)/.exec(holder)?.[1];
    throw new ParleyError(
      "FAILED_PRECONDITION",
      `the data folder ${folder} is open in another process${pid ? ` (pid ${pid})` : ""}; ` +
        "stop that one, or give this one another folder",
      { cause },
    );
  }
  await writeFile(holderPath, `${JSON.stringify({ pid: process.pid })}\n`);
  return () => file.close();
}

function assertVersion(folder: string, version: string | undefined): void {
  if (version === undefined || version.trim() === String(EMBEDDED_POSTGRES_MAJOR)) return;
  throw new ParleyError(
    "FAILED_PRECONDITION",
    `the data folder ${folder} was written by PostgreSQL ${version.trim()}, and this is ${EMBEDDED_POSTGRES_MAJOR}; ` +
      "move it away to begin anew, or open it with the version of Parley that wrote it",
  );
}

async function readIfExists(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

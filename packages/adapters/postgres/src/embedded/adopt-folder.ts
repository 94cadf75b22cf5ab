import { cp, stat } from "node:fs/promises";
import { join } from "node:path";
import { openDataFolder } from "./data-folder.ts";

/**
 * Makes the data folder `to` of a copy of what is in `from`, if that is a data folder and `to` has no database yet: for services
 * that stored in one folder together before each had its own. `from` stays as it is. True if it was copied.
 * @throws ParleyError FAILED_PRECONDITION if another process has one of them open.
 */
export async function adoptFolder({ from, to }: { readonly from: string; readonly to: string }): Promise<boolean> {
  if (!(await hasDatabase(from)) || (await hasDatabase(to))) return false;
  const source = await openDataFolder(from);
  try {
    const target = await openDataFolder(to);
    try {
      await target.initialise((path) => cp(source.databasePath, path, { recursive: true }));
      return true;
    } finally {
      target.unlock();
    }
  } finally {
    source.unlock();
  }
}

function hasDatabase(folder: string): Promise<boolean> {
  return stat(join(folder, "postgres", "PG_VERSION")).then(
    () => true,
    () => false,
  );
}

import { mkdir, stat } from "node:fs/promises";
import { dirname } from "node:path";

/**
 * Makes a folder and those above it. `mkdir` with `recursive` never ends where the system answers ENOENT though the folder above is
 * there, as below /proc: libuv's thread tries again for ever, and no signal reaches it.
 * @throws the system's error of the folder that cannot be made.
 */
export async function makeFolder(folder: string): Promise<void> {
  const parent = dirname(folder);
  const problem = await tryToMake(folder);
  if (problem === undefined) return;
  if (problem.code !== "ENOENT" || parent === folder) throw problem;
  await makeFolder(parent);
  const again = await tryToMake(folder);
  if (again !== undefined) throw again;
}

async function tryToMake(folder: string): Promise<NodeJS.ErrnoException | undefined> {
  try {
    await mkdir(folder);
    return undefined;
  } catch (error) {
    const isThere = await stat(folder).then(
      (found) => found.isDirectory(),
      () => false,
    );
    return isThere ? undefined : (error as NodeJS.ErrnoException);
  }
}

import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { fixture } from "./run-parley.ts";

/** A copy of a fixture system, to be changed at will. It lies within the package, so that its imports resolve. */
export interface SystemCopy extends AsyncDisposable {
  readonly dir: string;
  /** Replaces a text in a file; throws if it is not there. */
  edit(file: string, from: string, to: string): Promise<void>;
  write(file: string, text: string): Promise<void>;
}

const COPIES = fileURLToPath(new URL("../../.parley", import.meta.url));

export async function systemCopy(name: string): Promise<SystemCopy> {
  await mkdir(COPIES, { recursive: true });
  const dir = await mkdtemp(join(COPIES, `${name}-`));
  await cp(fixture(name), dir, { recursive: true, filter: (path) => !path.includes(`${name}/.parley`) });
  return {
    dir,
    async edit(file, from, to) {
      const path = join(dir, file);
      const text = await readFile(path, "utf8");
      if (!text.includes(from)) throw new Error(`${path} does not hold ${JSON.stringify(from)}`);
      await writeFile(path, text.replace(from, to));
    },
    write: (file, text) => writeFile(join(dir, file), text),
    [Symbol.asyncDispose]: () => rm(dir, { recursive: true, force: true }),
  };
}

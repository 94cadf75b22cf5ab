import { execFileSync } from "node:child_process";
import { cp, mkdtemp, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fixture } from "./run-parley.ts";

/** A system of its own in a temporary folder, with the library's contracts, to be changed at will. */
export interface ContractsFolder extends AsyncDisposable {
  readonly dir: string;
  /** Replaces a text in the contract; throws if it is not there. */
  edit(from: string, to: string): Promise<void>;
  /** Runs git in the folder. */
  git(...args: readonly string[]): string;
  /** Makes a repository, on branch main, with all files committed. */
  commit(): void;
}

export const LIBRARY_PROTO = "protos/library/v1/library.proto";

export async function contractsFolder(): Promise<ContractsFolder> {
  const dir = await realpath(await mkdtemp(join(tmpdir(), "parley-test-")));
  await cp(join(fixture("library"), "protos"), join(dir, "protos"), { recursive: true });
  const git = (...args: readonly string[]): string =>
    execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@example.com", "-C", dir, ...args], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    });
  return {
    dir,
    git,
    commit() {
      git("init", "--quiet", "--initial-branch=main");
      git("add", ".");
      git("commit", "--quiet", "--message", "contracts");
    },
    async edit(from, to) {
      const path = join(dir, LIBRARY_PROTO);
      const text = await readFile(path, "utf8");
      if (!text.includes(from)) throw new Error(`${path} does not hold ${JSON.stringify(from)}`);
      await writeFile(path, text.replace(from, to));
    },
    [Symbol.asyncDispose]: () => rm(dir, { recursive: true, force: true }),
  };
}

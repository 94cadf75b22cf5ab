import { failedPrecondition, invalidArgument } from "@parley/core";
import { runTool, type ToolResult } from "../run-tool.ts";

/** A point in history to compare with. */
export interface GitBase {
  /** As a person would say it: `main`, `HEAD`, `v1.2`. */
  readonly name: string;
  /** Full commit id. */
  readonly commit: string;
}

const MAIN_BRANCHES = ["main", "origin/main", "master", "origin/master"];

export interface GitOptions {
  readonly signal?: AbortSignal | undefined;
}

/**
 * Where the present work began. A branch of its own is compared with the point where it left the main branch, so that
 * what others have added there since is not taken for a removal here; the main branch with its last commit.
 *
 * @returns undefined if `dir` is in no git repository, or one without a commit.
 */
export async function defaultBase(dir: string, options: GitOptions = {}): Promise<GitBase | undefined> {
  const head = await commitOf(dir, "HEAD", options);
  if (!head) return undefined;
  const branch = text(await git(dir, ["symbolic-ref", "--short", "--quiet", "HEAD"], options));
  for (const name of MAIN_BRANCHES) {
    if (branch === name) break;
    const mergeBase = await git(dir, ["merge-base", "HEAD", name], options);
    if (mergeBase.exitCode === 0) return { name, commit: text(mergeBase) };
  }
  return { name: "HEAD", commit: head };
}

/** @throws ParleyError FAILED_PRECONDITION outside a repository, INVALID_ARGUMENT if there is no such commit. */
export async function namedBase(dir: string, name: string, options: GitOptions = {}): Promise<GitBase> {
  if (!(await commitOf(dir, "HEAD", options))) {
    throw failedPrecondition(`${dir} is in no git repository with a commit, so there is no ${name} to compare with`);
  }
  const commit = await commitOf(dir, name, options);
  if (commit) return { name, commit };
  throw invalidArgument({
    field: "--against",
    description: `must be a branch, tag or commit of this repository, not ${JSON.stringify(name)}`,
  });
}

/** The files under `dir` as they were in a commit, by path within `dir`; empty if it did not exist then. */
export async function filesAt(dir: string, commit: string, options: GitOptions = {}): Promise<Map<string, Uint8Array>> {
  const tree = await git(dir, ["ls-tree", "-r", "-z", commit, "--", "."], options);
  const blobs = tree.stdout
    .toString("utf8")
    .split("\0")
    .flatMap((entry) => {
      const match = /^\d+ blob (?<id>[0-9a-f]+)\t(?<path>.+)$/s.exec(entry);
      return match?.groups ? [{ id: match.groups.id ?? "", path: match.groups.path ?? "" }] : [];
    });
  const input = Buffer.from(blobs.map(({ id }) => `${id}\n`).join(""));
  const contents = readBatch((await git(dir, ["cat-file", "--batch"], { ...options, input })).stdout);
  return new Map(blobs.map(({ path }, index) => [path, contents[index] ?? new Uint8Array()]));
}

/** Reads what `git cat-file --batch` prints: for each object `<id> blob <size>\n<bytes>\n`. */
function readBatch(output: Buffer): Uint8Array[] {
  const contents: Uint8Array[] = [];
  for (let at = 0; at < output.length; ) {
    const lineEnd = output.indexOf("\n", at);
    const size = Number(output.toString("latin1", at, lineEnd).split(" ")[2]);
    contents.push(output.subarray(lineEnd + 1, lineEnd + 1 + size));
    at = lineEnd + 1 + size + 1;
  }
  return contents;
}

async function commitOf(dir: string, name: string, options: GitOptions): Promise<string | undefined> {
  const args = ["rev-parse", "--verify", "--quiet", "--end-of-options", `${name}^{commit}`];
  const result = await git(dir, args, options);
  return result.exitCode === 0 ? text(result) : undefined;
}

function git(dir: string, args: readonly string[], options: GitOptions & { input?: Uint8Array }): Promise<ToolResult> {
  return runTool("git", ["-C", dir, ...args], options);
}

function text(result: ToolResult): string {
  return result.stdout.toString("utf8").trim();
}

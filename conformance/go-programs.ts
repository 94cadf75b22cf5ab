import { existsSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { requireCacheDir } from "../scripts/launch/cache-dir.mjs";
import { runProgram } from "../scripts/services/run-program.ts";
import { findGo } from "./find-go.ts";

/** A program that `go install` builds. */
export interface GoProgram {
  /** The path of its package: `google.golang.org/grpc/interop/client`. */
  readonly path: string;
  /** A tag of its module; a pin, so that a run can be repeated. */
  readonly version: string;
  /** A folder whose go.mod and go.sum pin what the program is built with, where its own module does not. */
  readonly moduleDir?: string;
}

/** A first build of grpc-go with nothing cached takes about two minutes on two cores. */
const BUILD_LIMIT_MS = 10 * 60_000;

/** Builds a program into the cache, unless it is there. @returns its path. Rejects if Go is missing, or with what it says. */
export async function installGoProgram({ path, version, moduleDir }: GoProgram): Promise<string> {
  const name = path.split("/").at(-1) ?? path;
  const dir = join(requireCacheDir(), "go", `${path.replaceAll("/", "-")}-${version}`);
  const program = join(dir, name);
  if (existsSync(program)) return program;
  const go = await findGo();
  await mkdir(dirname(dir), { recursive: true });
  const scratch = mkdtempSync(`${dir}-`);
  try {
    const what = moduleDir === undefined ? `${path}@${version}` : path;
    await runProgram(go, ["install", what], {
      timeoutMs: BUILD_LIMIT_MS,
      env: { GOBIN: scratch, GOFLAGS: moduleDir === undefined ? "-mod=mod" : "-mod=readonly" },
      ...(moduleDir !== undefined && { cwd: moduleDir }),
    });
    if (!existsSync(program)) renameSync(scratch, dir);
    return program;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

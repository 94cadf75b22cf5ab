import { existsSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { requireCacheDir } from "../scripts/launch/cache-dir.mjs";
import { installPackages } from "../scripts/services/install-packages.ts";
import { findProgram, runProgram } from "../scripts/services/run-program.ts";

const INSTALL_LIMIT_MS = 5 * 60_000;

export interface PythonProgram {
  readonly name: string;
  readonly version: string;
  /** What pip is to install: pinned packages, or `-r` and a file of them. */
  readonly install: readonly string[];
}

/**
 * Brings a program of the Python registry into the cache, in a virtual environment of its own, unless it is there.
 * @returns the folder of the environment. Programs of `bin` name the folder they were installed in: run them by `bin/python -m`.
 * @throws Error where Python cannot be had, or a package cannot be installed.
 */
export async function installPythonProgram({ name, version, install }: PythonProgram): Promise<string> {
  const dir = join(requireCacheDir(), name, version);
  if (existsSync(dir)) return dir;
  const hasVenv = await runProgram(findProgram("python3") ?? "python3", ["-c", "import ensurepip, venv"], {
    timeoutMs: INSTALL_LIMIT_MS,
  }).then(
    () => true,
    () => false,
  );
  if (!hasVenv) await installPackages(["python3", "python3-venv"]);
  const python = findProgram("python3");
  if (python === undefined) throw new Error(`${name} needs python3 with venv, and there is none on PATH: install it`);
  await mkdir(dirname(dir), { recursive: true });
  const scratch = mkdtempSync(`${dir}-`);
  try {
    await runProgram(python, ["-m", "venv", scratch], { timeoutMs: INSTALL_LIMIT_MS });
    const pip = [
      "-m",
      "pip",
      "install",
      "--quiet",
      "--disable-pip-version-check",
      "--only-binary",
      ":all:",
      ...install,
    ];
    await runProgram(join(scratch, "bin", "python"), pip, { timeoutMs: INSTALL_LIMIT_MS });
    if (!existsSync(dir)) renameSync(scratch, dir);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  return dir;
}

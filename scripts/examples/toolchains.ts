import { join } from "node:path";
import { ROOT } from "../ci/stage.ts";
import { installPackages } from "../services/install-packages.ts";
import { findProgram, runProgram } from "../services/run-program.ts";

/** A first build of grpc-go with nothing cached takes about two minutes on two cores. */
const BUILD_LIMIT_MS = 600_000;

/** Builds the Go example. Go takes its modules from the module proxy. @returns the program */
export async function buildGo(dir: string): Promise<string> {
  if (findProgram("go") === undefined) await installPackages(["golang-go"]);
  const go = findProgram("go") ?? "go";
  const program = join(dir, "courses");
  const cwd = join(ROOT, "examples/go");
  await runProgram(go, ["vet", "./..."], { cwd, timeoutMs: BUILD_LIMIT_MS });
  await runProgram(go, ["build", "-o", program, "."], { cwd, timeoutMs: BUILD_LIMIT_MS });
  return program;
}

/** Makes a virtual environment with what the Python examples import. @returns its interpreter */
export async function buildPython(dir: string): Promise<string> {
  const python = findProgram("python3") ?? "python3";
  const canMake = await runProgram(python, ["-c", "import ensurepip, venv"], { timeoutMs: 30_000 }).then(
    () => true,
    () => false,
  );
  if (!canMake) await installPackages(["python3", "python3-venv"]);
  const environment = join(dir, "venv");
  await runProgram(python, ["-m", "venv", environment], { timeoutMs: BUILD_LIMIT_MS });
  const interpreter = join(environment, "bin/python");
  const requirements = join(ROOT, "examples/python/requirements.txt");
  const install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", requirements];
  await runProgram(interpreter, install, { timeoutMs: BUILD_LIMIT_MS });
  return interpreter;
}

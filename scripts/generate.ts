/**
 * Generates every file that comes from a contract. With `--check` nothing in the tree is touched: what would be written is compared
 * with what is there, and any difference fails.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { compareTrees } from "./generate/compare-trees.ts";
import { BUF_TARGETS, contractFolders, PRINTED_PROTO } from "./generate/targets.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const isCheck = process.argv.includes("--check");
const scratch = mkdtempSync(join(tmpdir(), "generate-"));

/** Runs a tool; what it prints goes on. @returns whether it succeeded */
function run(cwd: string, command: string, args: readonly string[]): boolean {
  try {
    execFileSync(command, args, { cwd: join(root, cwd), stdio: "inherit" });
    return true;
  } catch {
    return false;
  }
}

function printProto(): readonly string[] {
  const target = isCheck ? join(scratch, "validate.proto") : join(root, PRINTED_PROTO);
  if (!run(".", process.execPath, ["scripts/print-proto.ts", target]))
    return [`${PRINTED_PROTO}: could not be printed`];
  const isSame = readFileSync(target).equals(readFileSync(join(root, PRINTED_PROTO)));
  return isSame ? [] : [`${PRINTED_PROTO} differs`];
}

function generateWithBuf(): readonly string[] {
  const buf = join(root, "node_modules", ".bin", "buf");
  return BUF_TARGETS.flatMap(({ cwd, out, args }, index) => {
    const base = join(scratch, String(index));
    if (!run(cwd, buf, ["generate", ...args, ...(isCheck ? ["--output", base] : [])]))
      return [`${join(cwd, out)}: buf failed`];
    if (!isCheck) return [];
    return compareTrees(join(root, cwd, out), join(base, out)).map((line) => `${join(cwd, out)}: ${line}`);
  });
}

function generateWithParley(): readonly string[] {
  const parley = ["--conditions=@parley/source", "packages/app/cli/src/main.ts", "generate"];
  return contractFolders(root).flatMap((dir) => {
    const args = [...parley, "--system", dir, ...(isCheck ? ["--check"] : [])];
    return run(".", process.execPath, args) ? [] : [`${dir}/gen: see above`];
  });
}

try {
  const problems = [...printProto(), ...generateWithBuf(), ...generateWithParley()];
  for (const problem of problems) process.stderr.write(`${problem}\n`);
  if (problems.length > 0) process.exitCode = 1;
  if (problems.length > 0 && isCheck) process.stderr.write("Run: npm run generate, and commit what it writes.\n");
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
